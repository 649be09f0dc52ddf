import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse } from 'jsonc-parser';

import {
  configSchemaFile,
  configSchemaText,
  makeConfigSchema,
} from '../../../scripts/makeConfigSchema';
import { chooseTargets } from './chooseTargets';
import { addTargetToConfig, noConfig, parseConfig, type InspectorConfig } from './targetsConfig';

const example = `{
  // What we ship to.
  "$schema": "./schema.json",
  "version": 1,
  "targets": [
    "rtx-5090",
    { "name": "Minimum spec", "board": "rtx-3050-6gb", "driver": "13.0" },
    { "id": "kiosk", "name": "Kiosk", "computeCapability": "8.9", "memory": 7.5, "required": false, "tensorrtRtx": "1.6.1", "cudaRuntime": "13.0" },
    { "name": "This machine", "computeCapability": "12.1", "memoryBytes": 128000000000, "unified": true },
  ],
  "tensorrtRtx": "1.7.1",
  "files": ["models/**/*.engine"],
  "exclude": ["old"],
  "severity": { "suboptimal": "off", "borderline-gpu-memory": "error" },
  "baseline": "known.json",
}
`;

function parsed(text: string): InspectorConfig {
  const result = parseConfig(text);
  assert.ok(result.ok, JSON.stringify(result));
  return result.config;
}

function problems(text: string): string[] {
  const result = parseConfig(text);
  assert.ok(!result.ok);
  return result.problems.map(({ line, column, sentence }) => `${line}:${column} ${sentence}`);
}

describe('engine-inspector.json', () => {
  it('is read with comments, trailing commas and a byte order mark', () => {
    const config = parsed(`\ufeff${example}`);
    assert.deepEqual(config, parsed(example));
    assert.deepEqual(
      config.targets.map(({ id, name, memory, memoryIs, tensorrtRtx }) => [
        id,
        name,
        memory,
        memoryIs,
        tensorrtRtx,
      ]),
      [
        ['rtx-5090', 'RTX 5090', 32 * 2 ** 30, 'nominal', '1.7.1'],
        ['minimum-spec', 'Minimum spec', 6 * 2 ** 30, 'nominal', '1.7.1'],
        ['kiosk', 'Kiosk', 7.5 * 2 ** 30, 'nominal', '1.6.1'],
        ['this-machine', 'This machine', 128_000_000_000, 'exact', '1.7.1'],
      ],
    );
    const [, minimum, kiosk, own] = config.targets;
    assert.equal(minimum?.board, 'rtx-3050');
    assert.equal(minimum.driverVersion, 13000);
    assert.equal(minimum.required, true);
    assert.equal(kiosk?.required, false);
    assert.equal(kiosk.cudaRuntimeVersion, 13000);
    assert.equal(own?.unified, true);
    assert.deepEqual(config.files, ['models/**/*.engine']);
    assert.deepEqual(config.exclude, ['old']);
    assert.deepEqual(config.severity, { suboptimal: 'off', 'borderline-gpu-memory': 'error' });
    assert.equal(config.baseline, 'known.json');
    assert.deepEqual(parsed('{}'), noConfig());
  });

  it('takes a board with the memory that CUDA reports of it', () => {
    const [target] = parsed(
      '{"targets": [{"name": "Mine", "board": "rtx-4060-laptop", "memoryBytes": 8585740288}]}',
    ).targets;
    assert.equal(target?.memory, 8_585_740_288);
    assert.equal(target.memoryIs, 'exact');
    assert.equal(target.board, 'rtx-4060-laptop');
  });

  it('names everything that is wrong at once, each with its line and column', () => {
    const text = `\ufeff{
  "targets": [
    "rtx-4600-laptop",
    "rtx-3060",
    { "name": "A", "computeCapability": 8.9, "memory": -1, "colour": "red" },
    { "name": "B", "computeCapability": "99.9", "memory": 8 },
    { "name": "C", "memory": 8 },
    { "name": "D", "computeCapability": "8.9" },
    { "computeCapability": "8.9", "memory": 8 },
    { "name": "E", "board": "rtx-5090", "computeCapability": "8.9" },
    { "name": "F", "board": "rtx-5090", "memory": 31 },
    7,
    "rtx-5090",
    { "board": "RTX 5090", "driver": "580.159.04" },
    { "board": "RTX 5090" }
  ],
  "severity": { "insufficient-memory": "warning", "suboptimal": "loud" },
  "exclude": "old",
  "exclude": [],
  "target": []
}`;
    assert.deepEqual(problems(text), [
      '3:5 No board is known by the name rtx-4600-laptop. Did you mean rtx-4060-laptop, rtx-4090-laptop or rtx-4080-laptop? engine-inspector targets --boards lists all; another GPU can be described in engine-inspector.json.',
      '4:5 The RTX 3060 was sold with 8 or 12 GB. Name the one that is meant: rtx-3060-8gb or rtx-3060-12gb.',
      '5:41 "targets[2].computeCapability" must be a compute capability in quotes, such as "8.9".',
      '5:56 "targets[2].memory" must be a number of GB from 0.5 to 4096, such as 8.',
      '5:60 "colour" is not known here. Known: id, name, board, computeCapability, memory, memoryBytes, unified, driver, tensorrtRtx, cudaRuntime and required.',
      '6:41 "targets[3].computeCapability" must be a compute capability in quotes, such as "8.9".',
      '7:5 A target needs a board, or a computeCapability and its memory. Add one, such as "board": "rtx-4060-laptop".',
      '8:5 A target without a board needs its memory. Add it in GB: "memory": 8.',
      '9:5 A target without a board needs a name. Add "name".',
      '10:62 A board has its own computeCapability. Remove board or computeCapability.',
      '11:29 The RTX 5090 was not sold with 31 GB. Its sizes: 32 GB. For another board give computeCapability and memory yourself.',
      '12:5 A target is the id of a board in quotes, or an object.',
      '14:38 "targets[11].driver" must be a CUDA version in quotes, such as "13.0" (nvidia-smi shows it as CUDA Version; not the number of the display driver).',
      '15:5 There are two targets with the id "rtx-5090". Give one of them another "id".',
      '17:17 There is no reason "insufficient-memory". Did you mean "insufficient-gpu-memory"?',
      '17:65 "severity.suboptimal" must be one of "error", "warning", "information", "off".',
      '19:3 "exclude" stands here twice.',
      '20:3 "target" is not known here. Did you mean "targets"?',
    ]);
  });

  it('says where it is no JSON, and that it is of a newer version', () => {
    assert.deepEqual(problems('{\n  "targets": [\n    "a" "b"\n  ]\n}'), [
      '3:9 This is not JSON: comma expected.',
    ]);
    assert.deepEqual(problems('{\r\n  "version": 2, "x": 1\r\n}'), [
      '2:14 It has version 2, this Engine Inspector reads up to 1. Update Engine Inspector.',
    ]);
    assert.match(problems('')[0] ?? '', /^1:1 /);
    assert.match(problems('[]')[0] ?? '', /^1:1 engine-inspector\.json must hold an object/);
    assert.match(problems(' '.repeat(2 ** 20 + 1))[0] ?? '', /larger than 1 MB/);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const result = parseConfig(text);
        assert.ok(result.ok || result.problems.length > 0);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (targets, severity) => {
        parseConfig(JSON.stringify({ targets: [targets], severity, files: severity }));
      }),
    );
  });

  it('gains a target and keeps its comments', () => {
    const entry = { name: 'This laptop', computeCapability: '8.9', memoryBytes: 8_585_740_288 };
    const more = addTargetToConfig(example, entry) ?? '';
    assert.match(more, /\/\/ What we ship to\./);
    assert.deepEqual(
      parsed(more).targets.map(({ id }) => id),
      [...parsed(example).targets.map(({ id }) => id), 'this-laptop'],
    );
    assert.equal(addTargetToConfig('', 'rtx-5090'), '{\n  "targets": [\n    "rtx-5090"\n  ]\n}\n');
    assert.match(
      addTargetToConfig('\ufeff{"exclude": ["a"]}', 'rtx-5090') ?? '',
      /^\ufeff\{\n {2}"exclude": \[\n {4}"a"\n {2}\],\n {2}"targets"/,
    );
    assert.equal(addTargetToConfig('{"targets": 5}', 'rtx-5090'), null);
  });

  it('has a target that is saved again once, with the new values', () => {
    const entry = { name: 'This laptop', computeCapability: '8.9', memoryBytes: 8_585_740_288 };
    const before = `{"targets": [
  // Ours.
  "rtx-5090",
  { "name": "This laptop", "computeCapability": "8.9", "memoryBytes": 1e9, "required": false } // mine
]}`;
    const after = addTargetToConfig(before, { ...entry, driver: '13.0' }) ?? '';
    assert.match(after, /\/\/ Ours\.[^]*\/\/ mine/);
    const [, laptop, ...more] = parsed(after).targets;
    assert.deepEqual(more, []);
    assert.deepEqual(
      [laptop?.memory, laptop?.driverVersion, laptop?.required],
      [8_585_740_288, 13000, false],
    );
    assert.equal(addTargetToConfig(before, 'rtx-5090'), before);
    const own = addTargetToConfig('{"targets": ["rtx-5090"]}', { ...entry, name: 'RTX 5090' });
    assert.deepEqual(
      parsed(own ?? '').targets.map(({ id, computeCapability }) => [id, computeCapability]),
      [['rtx-5090', '8.9']],
    );
  });
});

describe('the JSON schema of engine-inspector.json', () => {
  it('is the one that scripts/makeConfigSchema.ts writes', () => {
    const file = path.resolve(__dirname, '../../..', configSchemaFile);
    assert.equal(
      readFileSync(file, 'utf8'),
      configSchemaText(),
      'run: npx tsx scripts/makeConfigSchema.ts',
    );
  });

  it('takes what the parser takes, and not what it refuses', () => {
    const schema = makeConfigSchema();
    delete schema['allowComments'];
    delete schema['allowTrailingCommas'];
    const validate = new Ajv({ strict: false }).compile(schema);
    const accepts = (text: string) => validate(parse(text));
    assert.equal(accepts(example), true, JSON.stringify(validate.errors));
    assert.equal(accepts('{}'), true);
    for (const wrong of [
      '{"target": []}',
      '{"targets": [7]}',
      '{"targets": [{"name": "A", "colour": 1}]}',
      '{"targets": [{"name": "A", "computeCapability": 8.9}]}',
      '{"targets": [{"name": "A", "computeCapability": "8.9", "memory": 0}]}',
      '{"severity": {"suboptimal": "loud"}}',
      '{"severity": {"no-such": "off"}}',
      '{"severity": ["off"]}',
      '{"tensorrtRtx": "1.7"}',
      '{"version": 2}',
    ]) {
      assert.equal(accepts(wrong), false, wrong);
      assert.equal(parseConfig(wrong).ok, false, wrong);
    }
  });
});

describe('the targets of a call', () => {
  const configured = parsed(example).targets;
  const ids = (names: string[], tensorrtRtx: string | null = null) =>
    chooseTargets({ names, tensorrtRtx, configured });

  it('are those of the file, or the named ones: of the file or boards', () => {
    assert.equal(ids([]).targets.length, 4);
    const { targets, problems: wrong } = ids(
      ['Minimum spec', 'rtx-4060-laptop', 'minimum-spec'],
      '1.5.0',
    );
    assert.deepEqual(wrong, []);
    assert.deepEqual(
      targets.map(({ id, tensorrtRtx }) => [id, tensorrtRtx]),
      [
        ['minimum-spec', '1.5.0'],
        ['rtx-4060-laptop', '1.5.0'],
      ],
    );
  });

  it('name the nearest ones for one that is not known, and ask which memory is meant', () => {
    const { targets, problems: wrong } = ids(['rtx-4600-laptop', 'kiosc', 'rtx-3060', 'rtx-5090']);
    assert.deepEqual(
      targets.map(({ id }) => id),
      ['rtx-5090'],
    );
    assert.match(wrong[0]?.nextStep ?? '', /Did you mean rtx-4060-laptop/);
    assert.match(wrong[1]?.nextStep ?? '', /Did you mean kiosk, which/);
    assert.match(wrong[2]?.sentence ?? '', /8 or 12 GB/);
    assert.match(wrong[2]?.nextStep ?? '', /rtx-3060-8gb or rtx-3060-12gb/);
  });
});
