/** The tables of the README and of docs/reference.md, each made from the code that the program itself uses. */
import { OPTION_KEYS, OPTIONS } from '../src/config.ts';
import { ERROR_CODES } from '../src/errors.ts';
import { OTEL_VARIABLES } from '../src/export/otel-variables.ts';
import { HOOKS } from '../src/kernel/binding.ts';
import { HOOK_LIMITS, RESTRICTED } from '../src/kernel/hook-limits.ts';
import { LEDGER_BRIEFS, LEDGER_IDENTITIES, LEDGER_METRICS, LEDGER_NAMES, type LedgerName } from '../src/ledger.ts';
import { ATTRIBUTES } from '../src/record/attributes.ts';
import { EVENTS } from '../src/record/events.ts';

/** Where they stand. */
export const DOCUMENTS = ['README.md', 'docs/reference.md'].map((path) => new URL(`../${path}`, import.meta.url));

/** Text between a document's `<!-- made:NAME -->` and `<!-- end -->` marks, by name. */
export const SECTIONS: Readonly<Record<string, () => string>> = {
  options: () =>
    table(
      ['option', 'variable', 'default', 'what it does'],
      OPTION_KEYS.flatMap((key) => {
        const { flags, variable, accepts, default: fallback } = OPTIONS[key];
        return flags.map((flag) => [
          code(flag.flags),
          code(flag.sets === undefined || flags.length === 1 ? variable : `${variable}=${flag.sets}`),
          fallback.text && code(fallback.text),
          flag.sets === undefined ? `${flag.brief} Accepts ${accepts}.` : flag.brief,
        ]);
      }),
    ),
  variables: () =>
    table(
      ['variable', 'default', 'what it means'],
      // Those of OTLP for metrics and traces are told of in one sentence below it.
      OTEL_VARIABLES.filter(({ name }) => !/_OTLP_(METRICS|TRACES)_/.test(name)).map(
        ({ name, default: fallback, brief }) => [code(name), fallback && code(fallback), brief],
      ),
    ),
  events: () =>
    table(
      ['event', 'name', 'severity', 'what it tells'],
      Object.entries(EVENTS).map(([kind, { name, severityNumber, brief }]) => [
        kind,
        code(name),
        `${severityNumber}`,
        brief,
      ]),
    ),
  attributes: () =>
    table(
      ['attribute', 'type', 'on', 'what it is'],
      ATTRIBUTES.map(({ name, type, brief, values, ended }) => {
        const on = [...Object.keys(values), ...(ended ? ['ended'] : [])];
        return [code(name), type, on.join(', '), brief];
      }),
    ),
  ledger: () =>
    `${table(
      ['name', 'counts', 'metric'],
      LEDGER_NAMES.map((name) => [code(name), LEDGER_BRIEFS[name], metricCell(name)]),
    )}\n\n${LEDGER_IDENTITIES.map(([left, right]) => `- \`${left.join(' + ')} = ${right.join(' + ')}\``).join('\n')}`,
  hooks: () =>
    table(
      ['hook', 'needs', 'sees', 'does not see'],
      HOOKS.map((hook) => {
        const { needs, sees, limits } = HOOK_LIMITS[hook];
        return [code(hook), needs, sees, limits.join('; ')];
      }),
    ),
  privileges: () =>
    table(
      ['hook', 'least capabilities', 'restricted'],
      HOOKS.map((hook) => {
        const { capabilities } = HOOK_LIMITS[hook];
        const { instead, of } = RESTRICTED;
        const others = capabilities.filter((one) => !of.includes(one));
        return [code(hook), capabilities.map(code).join(' '), [instead, ...others].map(code).join(' ')];
      }),
    ),
  errors: () =>
    table(
      ['code', 'exit code'],
      Object.entries(ERROR_CODES).map(([name, exitCode]) => [code(name), String(exitCode)]),
    ),
};

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function metricCell(name: LedgerName): string {
  const metric = LEDGER_METRICS[name];
  if (!metric) return '';
  const attributes = Object.entries(metric.shared?.attributes ?? {}).map(
    ([key, value]) => ` ${code(`${key}=${value}`)}`,
  );
  return `${code(metric.name)}${attributes.join('')}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

/** `text` with every marked section made anew. Throws on a mark that names no section. */
export function withSections(text: string): string {
  return text.replace(
    /(<!-- made:(\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, open: string, name: string, end: string) => {
      const make = SECTIONS[name];
      if (!make) throw new Error(`a document marks a section ${name}, which docs/reference.ts does not make`);
      return `${open}${make()}\n${end}`;
    },
  );
}
