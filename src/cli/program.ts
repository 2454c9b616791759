import { Argument, Command, CommanderError, Option } from 'commander';
import { nearestName } from '../config/nearest-name.ts';
import {
  type Config,
  type EffectiveSetting,
  type FlagTexts,
  longFlag,
  OPTION_KEYS,
  OPTIONS,
  type OptionKey,
  optionOrigins,
  readConfig,
} from '../config.ts';
import { TcpAcceptError } from '../errors.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.ts';
import { closingText, DESCRIPTION, flagDescription, helpColumns } from './help-text.ts';
import { SHOW_CONFIG_FORMATS, type ShowConfigFormat } from './show-config.ts';
import { SUBCOMMAND_NAMES, SUBCOMMANDS, type Subcommand, type SubcommandName } from './subcommands.ts';

/** What the command line asks for. */
export type Parsed =
  | { readonly command: 'trace'; readonly config: Config; readonly warnings: readonly string[] }
  | {
      readonly command: SubcommandName;
      /** The word behind the command, of those it takes. */
      readonly action?: string;
      readonly config: Config;
      readonly json: boolean;
      readonly warnings: readonly string[];
    }
  | {
      readonly command: 'show-config';
      readonly config: Config;
      readonly options: readonly EffectiveSetting[];
      readonly format: ShowConfigFormat;
      readonly warnings: readonly string[];
    }
  /** Help or the version: `text` to stdout, exit 0. */
  | { readonly command: 'print'; readonly text: string };

/** A command and its flags, before anything of them is checked. */
interface Request {
  readonly command: 'trace' | SubcommandName;
  readonly action?: string | undefined;
  readonly flags: FlagTexts;
  readonly json: boolean;
  readonly showConfig?: ShowConfigFormat | undefined;
}

/**
 * Reads the command line (without node and script) and the variables that stand beside it.
 *
 * Throws `ERR_USAGE` with one line that says what is wrong. `columns` is what --help is wrapped at.
 */
export function parseCommandLine(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  columns: number = helpColumns(),
): Parsed {
  let printed = '';
  let request: Request = { command: 'trace', flags: {}, json: false };
  const onText = (text: string) => {
    printed += text;
  };
  const onRequest = (made: Request) => {
    request = made;
  };
  try {
    createProgram(columns, onText, onRequest).parse(argv, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return { command: 'print', text: printed };
    throw usage(thrown.message.replace(/^error: |\.$/g, ''));
  }
  const { command, action, flags, json, showConfig } = request;
  const { config, warnings } = readConfig(flags, environment);
  if (command === 'trace') assertTraceable(config);
  if (showConfig) {
    return {
      command: 'show-config',
      config,
      options: optionOrigins(flags, environment),
      format: showConfig,
      warnings,
    };
  }
  return command === 'trace'
    ? { command, config, warnings }
    : { command, ...(action && { action }), config, json, warnings };
}

/** Throws on settings that only tracing cannot have together. */
function assertTraceable({ runAsUser, pinDirectory }: Config): void {
  if (runAsUser === undefined || pinDirectory === undefined) return;
  const [user, pin] = [OPTIONS.runAsUser, OPTIONS.pinDirectory].map((row) => `${longFlag(row)} (${row.variable})`);
  throw usage(
    `${user} and ${pin} exclude each other: only root can take away what root has pinned; leave one of them out`,
  );
}

function createProgram(
  columns: number,
  onText: (text: string) => void,
  onRequest: (request: Request) => void,
): Command {
  const program = new Command(PACKAGE_NAME)
    .description(DESCRIPTION)
    .exitOverride()
    .configureOutput({
      writeOut: onText,
      writeErr: () => {},
      getOutHelpWidth: () => columns,
      getOutHasColors: () => false,
    })
    .enablePositionalOptions()
    .allowExcessArguments()
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'Show this help.');
  for (const key of OPTION_KEYS) for (const option of commanderOptions(key)) program.addOption(option);
  program
    .option('--show-config [FORMAT]', 'Show every setting and where it comes from, as text or json, and end.')
    .version(PACKAGE_VERSION, '-V, --version', 'Show the version.')
    .addHelpText('after', () => closingText(columns))
    .action(() => {
      const [operand] = program.args;
      if (operand !== undefined) throw unknownCommand(operand, program.commands);
      onRequest({ command: 'trace', flags: flagsOf(program), json: false, showConfig: showConfigOf(program) });
    });
  for (const name of SUBCOMMAND_NAMES) addSubcommand(program, name, onRequest);
  return program;
}

function addSubcommand(program: Command, name: SubcommandName, onRequest: (request: Request) => void): void {
  const { description, keys, hasJson, operand, actions }: Subcommand = SUBCOMMANDS[name];
  const command = program
    .command(name)
    .description(description)
    .allowExcessArguments(false)
    .optionsGroup('Options:')
    .helpOption('-h, --help', 'Show this help.');
  if (operand) command.argument(`<${operand.name}>`);
  if (hasJson) command.option('--json', 'Print the result as JSON.');
  if (actions) command.addArgument(new Argument('[action]', 'What to do.').choices(actions));
  for (const key of keys) {
    for (const option of commanderOptions(key)) command.addOption(option.helpGroup('Options:'));
  }
  command.action(() => {
    const [action] = command.args;
    const json = command.getOptionValue('json') === true;
    if (action && json) throw usage(`${name} ${action} takes no --json`);
    const before = flagsOf(program);
    const foreign = OPTION_KEYS.find((key) => before[key] !== undefined && !keys.includes(key));
    if (foreign) throw usage(`${name} takes no ${longFlag(OPTIONS[foreign], before[foreign])}`);
    onRequest({
      command: name,
      action,
      flags: { ...before, ...flagsOf(command), ...(operand && { [operand.key]: command.args[0] }) },
      json,
    });
  });
}

/** A row's flags as commander wants them: a flag without a value stores the text it sets. */
function commanderOptions(key: OptionKey): Option[] {
  const row = OPTIONS[key];
  const options = row.flags.map((flag) => {
    const option = new Option(flag.flags, flagDescription(flag, row)).helpGroup(`${row.group}:`);
    return flag.sets === undefined ? option : option.preset(flag.sets);
  });
  if (row.exclusive) {
    const names = options.map((option) => option.attributeName());
    for (const option of options) option.conflicts(names.filter((name) => name !== option.attributeName()));
  }
  return options;
}

/** The flags given to `command`, by option; of one given twice, the last. */
function flagsOf(command: Command): FlagTexts {
  const flags: { -readonly [Key in OptionKey]?: string } = {};
  for (const key of OPTION_KEYS) {
    for (const option of commanderOptions(key)) {
      const value: unknown = command.getOptionValue(option.attributeName());
      if (typeof value === 'string') flags[key] = value;
    }
  }
  return flags;
}

/** The format --show-config asks for; `undefined` when it was not given. */
function showConfigOf(program: Command): ShowConfigFormat | undefined {
  const asked: unknown = program.getOptionValue('showConfig');
  if (asked === undefined) return undefined;
  const format = asked === true ? 'text' : SHOW_CONFIG_FORMATS.find((one) => one === asked);
  if (format) return format;
  throw usage(`--show-config: ${JSON.stringify(asked)} is no format; it accepts text or json`);
}

function unknownCommand(operand: string, commands: readonly Command[]): TcpAcceptError {
  const nearest = nearestName(
    operand,
    commands.map((command) => command.name()),
  );
  return usage(`unknown command '${operand}'${nearest ? ` (Did you mean ${nearest}?)` : ''}`);
}

/** One line, whatever is quoted in it. */
function usage(message: string): TcpAcceptError {
  return new TcpAcceptError('ERR_USAGE', `${message.replace(/\s+/g, ' ')}; see ${PACKAGE_NAME} --help`);
}
