import { Argument, Command, CommanderError, Option } from 'commander';
import { nearestName } from '../config/nearest-name.ts';
import { type Config, type FlagTexts, longFlag, OPTION_KEYS, OPTIONS, type OptionKey, readConfig } from '../config.ts';
import { TcpAcceptError } from '../errors.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.ts';
import { closingText, DESCRIPTION, flagDescription, helpColumns } from './help-text.ts';

/** What the command line asks for. */
export type Parsed =
  | { readonly command: 'trace'; readonly config: Config; readonly warnings: readonly string[] }
  | {
      readonly command: 'doctor';
      readonly config: Config;
      readonly json: boolean;
      readonly warnings: readonly string[];
    }
  | {
      readonly command: 'spool';
      readonly action: SpoolAction;
      readonly config: Config;
      readonly json: boolean;
      readonly warnings: readonly string[];
    }
  /** Help or the version: `text` to stdout, exit 0. */
  | { readonly command: 'print'; readonly text: string };

/** What is done with the spool; `show` when nothing is said. */
export type SpoolAction = 'show' | (typeof SPOOL_ACTIONS)[number];
const SPOOL_ACTIONS = ['flush', 'export'] as const;

/** Tracing's own options mean nothing to `doctor`: it makes the accepts it looks for. */
const DOCTOR_KEYS: readonly OptionKey[] = ['hook', 'export', 'verbose'];

/** The spool's own options. */
const SPOOL_KEYS: readonly OptionKey[] = ['spoolDirectory', 'spoolMaxBytes', 'spoolMaxAgeMillis', 'verbose'];

/** A command and its flags, before anything of them is checked. */
interface Request {
  readonly command: 'trace' | 'doctor' | 'spool';
  readonly action?: SpoolAction;
  readonly flags: FlagTexts;
  readonly json: boolean;
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
  const { command, action = 'show', flags, json } = request;
  const { config, warnings } = readConfig(flags, environment);
  switch (command) {
    case 'doctor':
      return { command, config, json, warnings };
    case 'spool':
      return { command, action, config, json, warnings };
    case 'trace':
      return { command, config, warnings };
  }
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
    .version(PACKAGE_VERSION, '-V, --version', 'Show the version.')
    .addHelpText('after', () => closingText(columns))
    .action(() => {
      const [operand] = program.args;
      if (operand !== undefined) throw unknownCommand(operand, program.commands);
      onRequest({ command: 'trace', flags: flagsOf(program), json: false });
    });
  addDoctor(program, onRequest);
  addSpool(program, onRequest);
  return program;
}

function addDoctor(program: Command, onRequest: (request: Request) => void): void {
  const doctor = program
    .command('doctor')
    .description('Trace a connection of its own from end to end, and say what is missing and how to mend it.')
    .allowExcessArguments(false)
    .optionsGroup('Options:')
    .helpOption('-h, --help', 'Show this help.')
    .option('--json', 'Print the findings as JSON.');
  addOptions(doctor, DOCTOR_KEYS);
  doctor.action(() => {
    const flags = flagsOfBoth(program, doctor, DOCTOR_KEYS);
    onRequest({ command: 'doctor', flags, json: doctor.getOptionValue('json') === true });
  });
}

function addSpool(program: Command, onRequest: (request: Request) => void): void {
  const spool = program
    .command('spool')
    .description(
      'Show what is kept on disk because it was not delivered yet; flush delivers it and ends, export prints it as OTLP JSON lines.',
    )
    .addArgument(new Argument('[action]', 'What to do with it.').choices(SPOOL_ACTIONS))
    .allowExcessArguments(false)
    .optionsGroup('Options:')
    .helpOption('-h, --help', 'Show this help.')
    .option('--json', 'Show it as JSON.');
  addOptions(spool, SPOOL_KEYS);
  spool.action((given: string | undefined) => {
    const action = SPOOL_ACTIONS.find((name) => name === given) ?? 'show';
    const json = spool.getOptionValue('json') === true;
    if (json && action !== 'show') throw usage(`spool ${action} takes no --json`);
    onRequest({ command: 'spool', action, flags: flagsOfBoth(program, spool, SPOOL_KEYS), json });
  });
}

function addOptions(command: Command, keys: readonly OptionKey[]): void {
  for (const key of keys) {
    for (const option of commanderOptions(key)) command.addOption(option.helpGroup('Options:'));
  }
}

/** The flags given before a command's name and behind it, all of which it must take. */
function flagsOfBoth(program: Command, command: Command, keys: readonly OptionKey[]): FlagTexts {
  const before = flagsOf(program);
  const foreign = OPTION_KEYS.find((key) => before[key] !== undefined && !keys.includes(key));
  if (foreign) throw usage(`${command.name()} takes no ${longFlag(OPTIONS[foreign], before[foreign])}`);
  return { ...before, ...flagsOf(command) };
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
