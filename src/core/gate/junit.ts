/**
 * JUnit: a suite for each target, a test for each engine. GitLab keys tests by classname and name, so the classname is the
 * path and the name the engine on its target.
 */
import type { FormatSurroundings, FormatWriter, Spool } from './formats';
import type { GateRecord } from './gateRecord';

interface Suite {
  name: string;
  cases: Spool;
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
}

export function junit({ targets, spool, pathOf }: FormatSurroundings): FormatWriter {
  const suites = (targets ?? [{ name: 'This machine' }]).map(({ name }): Suite => {
    return { name, cases: spool(), tests: 0, failures: 0, errors: 0, skipped: 0 };
  });
  return {
    start: () => '',
    file: (record) => {
      outcomes(record).forEach(({ kind, rule, sentence }, at) => {
        const suite = suites[at];
        if (!suite) return;
        suite.tests++;
        const file = pathOf(record.file) ?? record.file;
        const name = `${file.slice(file.lastIndexOf('/') + 1)} on ${suite.name}`;
        const head = `    <testcase classname=${attribute(file)} name=${attribute(name)} time="0"`;
        if (kind === 'passed') {
          suite.cases.append(`${head}/>\n`);
          return;
        }
        if (kind === 'failure') suite.failures++;
        else if (kind === 'error') suite.errors++;
        else suite.skipped++;
        const body =
          kind === 'skipped'
            ? `<skipped message=${attribute(sentence)}/>`
            : `<${kind} type=${attribute(rule)} message=${attribute(sentence)}>${xml(`${record.file}: ${sentence}`)}</${kind}>`;
        suite.cases.append(`${head}>${body}</testcase>\n`);
      });
      return '';
    },
    end: function* () {
      const sum = (key: 'tests' | 'failures' | 'errors') =>
        suites.reduce((total, suite) => total + suite[key], 0);
      yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="engine-inspector" tests="${sum('tests')}" failures="${sum('failures')}" errors="${sum('errors')}" time="0">\n`;
      for (const { name, tests, failures, errors, skipped, cases } of suites) {
        yield `  <testsuite name=${attribute(name)} tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="0">\n`;
        yield* cases.drain();
        yield '  </testsuite>\n';
      }
      yield '</testsuites>\n';
    },
  };
}

interface Outcome {
  kind: 'passed' | 'failure' | 'error' | 'skipped';
  rule: string;
  sentence: string;
}

/** error: it could not be checked; skipped: wrong there, and known or on an optional target. */
function outcomes(record: GateRecord): Outcome[] {
  const passed: Outcome = { kind: 'passed', rule: '', sentence: '' };
  const outcome = (rule: string, severity: string, sentence: string): Outcome => {
    if (severity === 'ok') return passed;
    if (record.known.includes(rule))
      return { kind: 'skipped', rule, sentence: `Known: ${sentence}` };
    if (record.kind === 'unreadable') return { kind: 'error', rule, sentence };
    if (severity === 'error') return { kind: 'failure', rule, sentence };
    return severity === 'information' ? { kind: 'skipped', rule, sentence } : passed;
  };
  if (record.targets !== null) {
    return record.targets.map(({ severity, sentence, reasons }) =>
      outcome(reasons[0]?.id ?? '', severity, sentence),
    );
  }
  const [first] = record.reasons;
  if (!first) return [passed];
  if (['no-runtime', 'runtime-failed', 'gpu-not-readable'].includes(first.id)) {
    return [{ kind: 'error', rule: first.id, sentence: first.sentence }];
  }
  return [outcome(first.id, first.severity, first.sentence)];
}

/** What XML 1.0 cannot hold, not even escaped. */
const forbidden =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const xml = (text: string) =>
  text
    .replace(forbidden, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
const attribute = (text: string) =>
  `"${xml(text)
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, ' ')}"`;
