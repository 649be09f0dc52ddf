import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  answerOf,
  editHeader,
  factsOf,
  inputOf,
  machineOf,
  noDriver,
  realHeader,
  realLines,
  rtx4060,
  ruleAnswer,
  runtimeOf,
} from '../../../test/support/engines';
import { parseComputeCapability, supportOf } from '../gpu/computeCapability';
import type { EngineReport, ReasonId, RemedyId } from './engineReport';
import { unreadableFacts } from '../file/fileFacts';
import { makeEngineReport, type ReportInput } from './makeEngineReport';
import { libraryLine } from '../text/plainText';
import { diagnostics, engineValidity, hasBit } from './validity';

const engine17 = realHeader('1.7.1.116');
const engine16 = realHeader('1.6.1.120');
const reasonIds = (report: EngineReport) => report.reasons.map((r) => r.id);
const remedyIds = (report: EngineReport) => report.remedies.map((r) => r.id);
const rebuilds = (report: EngineReport) =>
  remedyIds(report).filter((id) => id.startsWith('rebuild') || id === 'copy-rebuild-command');
const report = (input: ReportInput) => makeEngineReport(input);
const asked = (input: ReportInput) => makeEngineReport({ ...input, answer: ruleAnswer(input) });

describe('makeEngineReport', () => {
  describe('the verdict', () => {
    it("is the runtime's answer", () => {
      for (const [validity, verdict] of [
        [0, 'valid'],
        [1, 'suboptimal'],
        [2, 'invalid'],
      ] as const) {
        const made = report(
          inputOf(factsOf(engine17), { answer: answerOf(validity, validity === 2 ? 1 : 0) }),
        );
        assert.equal(made.verdict, verdict);
        assert.equal(made.evidence, 'runtime');
        assert.equal(made.validity, validity);
      }
    });

    it("stays the runtime's where the rule says otherwise, and the report says so", () => {
      const made = report(inputOf(factsOf(engine17), { answer: answerOf(2, 2) }));
      assert.equal(made.verdict, 'invalid');
      assert.ok(reasonIds(made).includes('verdict-differs-from-rule'));
      assert.ok(
        !reasonIds(asked(inputOf(factsOf(engine17)))).includes('verdict-differs-from-rule'),
      );
    });

    it('does not compare with the rule where the rule lacks a number', () => {
      const answer = answerOf(2, 8);
      const header = editHeader(engine17, { cudaRuntime: 13040n });
      const runtime = { ...runtimeOf(), cudaRuntimeVersion: null };
      const made = report(inputOf(factsOf(header), { answer, runtime }));
      assert.ok(!reasonIds(made).includes('verdict-differs-from-rule'));
      const noGpu = report(inputOf(factsOf(engine17), { answer, machine: noDriver }));
      assert.ok(!reasonIds(noGpu).includes('verdict-differs-from-rule'));
    });

    it('is unchecked for kINVALID without a reason, and that alone offers no rebuild', () => {
      for (const machine of [noDriver, null, rtx4060]) {
        const made = report(inputOf(factsOf(engine17), { answer: answerOf(2, 0), machine }));
        assert.equal(made.verdict, 'unchecked');
        assert.equal(made.evidence, 'header');
        assert.deepEqual([made.validity, made.diagnostics], [2, 0]);
        assert.deepEqual(rebuilds(made), []);
        assert.equal(made.severity, 'information');
      }
    });

    it('is unchecked without a runtime', () => {
      const made = report(inputOf(factsOf(engine17), { runtime: null }));
      assert.equal(made.verdict, 'unchecked');
      assert.equal(made.evidence, 'header');
      assert.deepEqual([made.validity, made.diagnostics, made.enumNames], [null, null, []]);
      assert.equal(made.asked, 'Read from the file; no runtime was asked.');
    });

    it('is invalid for a file that is proved unusable, whatever was answered', () => {
      for (const answer of [null, answerOf(0, 0), answerOf(1, 0), answerOf(2, 0)]) {
        const made = report(inputOf(factsOf(engine17, { size: 1000 }), { answer }));
        assert.equal(made.verdict, 'invalid');
        assert.equal(made.evidence, 'header');
        assert.equal(made.validity, answer?.validity ?? null);
        assert.ok(reasonIds(made).includes('truncated'));
      }
    });

    it('is invalid by its header for a foreign file without a runtime', () => {
      for (const bytes of ['<html>', 'ftrt', '', 'x']) {
        const made = report(inputOf(factsOf(Buffer.from(bytes)), { runtime: null }));
        assert.equal(made.verdict, 'invalid');
        assert.equal(made.evidence, 'header');
      }
    });

    it('is unchecked for a value of a future release, which is never dropped', () => {
      const made = report(inputOf(factsOf(engine17), { answer: answerOf(7, 0) }));
      assert.equal(made.verdict, 'unchecked');
      assert.deepEqual(made.enumNames, ['EngineValidity 7']);
      assert.ok(reasonIds(made).includes('unknown-diagnostic'));
    });
  });

  describe('reasons', () => {
    it('are one for each set bit, named, and none for the others', () => {
      for (let bits = 1; bits < 128; bits++) {
        const made = report(inputOf(factsOf(engine17), { answer: answerOf(2, bits) }));
        const named = made.reasons.flatMap((r) => r.enumName ?? []);
        const expected = diagnostics
          .filter((d) => hasBit(bits, d.bit))
          .map((d) => d.name as string);
        assert.deepEqual(named, expected);
        assert.deepEqual(made.enumNames, ['kINVALID', ...expected]);
      }
    });

    it('are one for the bit and the fact that is behind it', () => {
      const made = report(
        inputOf(factsOf(Buffer.from('<html>')), {
          answer: answerOf(2, 32, [[3, realLines.malformed]]),
        }),
      );
      assert.deepEqual(reasonIds(made), ['not-tensorrt-rtx']);
      assert.equal(made.reasons[0]?.enumName, 'kMALFORMED_ENGINE');
      assert.equal(made.reasons[0]?.evidence, 'runtime');
      assert.deepEqual(made.reasons[0]?.libraryLines, [realLines.malformed]);
    });

    it('keep bits of a future release', () => {
      const made = report(inputOf(factsOf(engine17), { answer: answerOf(2, 2 ** 40 + 1) }));
      assert.deepEqual(reasonIds(made), [
        'version-mismatch',
        'unknown-diagnostic',
        'verdict-differs-from-rule',
      ]);
      assert.match(made.reasons[1]?.sentence ?? '', /bit 40/);
    });

    it('have the numbers of both sides', () => {
      const header = editHeader(engine16, {
        targets: 1,
        cudaDriver: 14000n,
        cudaRuntime: 14010n,
        weightBytes: 10_093_173_145n,
      });
      const made = asked(inputOf(factsOf(header)));
      const sentences = made.reasons.map((r) => r.sentence).join('\n');
      for (const number of [
        '1.6.1.120',
        '1.7.1.116',
        '8.9',
        '14.0',
        '13.1',
        '14.1',
        '13.4',
        '9.4 GiB',
        '8.0 GiB',
      ]) {
        assert.ok(sentences.includes(number), number);
      }
    });

    it('take the numbers from the lines of the library where nothing else has them', () => {
      const made = report(
        inputOf(factsOf(editHeader(engine17, { layout: 9 })), {
          machine: null,
          answer: answerOf(2, 22, [
            [3, realLines.gpu75],
            [3, realLines.memory],
            [
              3,
              'The engine has been created with CUDA driver version 13010, but the current CUDA driver version is 13000.',
            ],
          ]),
        }),
      );
      const sentences = made.reasons.map((r) => r.sentence).join('\n');
      assert.match(sentences, /the GPU here \(7\.5\)/);
      assert.match(sentences, /needs 9\.4 GiB .*has 8\.0 GiB/);
      assert.match(sentences, /CUDA 13\.1; the driver here is for CUDA 13\.0/);
    });

    it('know a GPU that is not supported from the line of the library alone', () => {
      const answer = answerOf(2, 2, [[3, realLines.gpu90]]);
      const made = report(inputOf(factsOf(engine17), { machine: null, answer }));
      assert.match(
        made.reasons[0]?.sentence ?? '',
        /does not run on the GPU here \(9\.0\), H100 and H200/,
      );
      assert.deepEqual(rebuilds(made), []);
    });

    it('carry the lines of the library, each with its own', () => {
      const made = report(
        inputOf(factsOf(engine16), {
          answer: answerOf(2, 19, [
            [3, realLines.version16in17],
            [3, realLines.gpu75],
            [3, realLines.memory],
          ]),
        }),
      );
      assert.deepEqual(
        made.reasons.slice(0, 3).map((r) => r.libraryLines),
        [[libraryLine(realLines.version16in17)], [realLines.gpu75], [realLines.memory]],
      );
      assert.match(made.reasons[0]?.libraryLines[0] ?? '', /version 1\.6\.1, but/);
    });

    it('from the header are marked so', () => {
      const made = report(
        inputOf(factsOf(engine16), {
          machine: noDriver,
          answer: answerOf(2, 0, [
            [3, realLines.version16in17],
            [0, realLines.gpuNotReadable17],
          ]),
        }),
      );
      const [mismatch] = made.reasons;
      assert.equal(mismatch?.id, 'version-mismatch');
      assert.equal(mismatch?.evidence, 'header');
      assert.equal(mismatch?.severity, 'warning');
      assert.match(mismatch?.sentence ?? '', /^According to its header, the engine/);
      assert.equal(mismatch?.enumName, undefined);
      assert.equal(made.rows[0]?.state, 'warning', 'no redder than the reason');
      assert.ok(remedyIds(made).includes('rebuild'));
    });

    it('say with a matching SHA-256 that the file is intact, with another one that it is not', () => {
      const facts = factsOf(engine17);
      const expected = 'aa'.repeat(32);
      const likely = asked(inputOf(facts));
      assert.match(likely.summary, /likely/);
      const intact = asked(inputOf(facts, { recordedHash: { expected, actual: expected } }));
      assert.match(intact.summary, /intact since it was built/);
      assert.doesNotMatch(intact.summary, /likely/);
      const other = asked(inputOf(facts, { recordedHash: { expected, actual: 'bb'.repeat(32) } }));
      assert.equal(other.severity, 'error');
      assert.ok(reasonIds(other).includes('hash-mismatch'));
    });

    it('show hostile names of GPUs and runtimes as text', () => {
      const made = asked(
        inputOf(factsOf(engine16), {
          machine: machineOf('Evil\n\u202e\x1b[31mGPU', '7.5'),
          runtime: { ...runtimeOf(), version: '1.7.1.116\n' },
        }),
      );
      const shown = JSON.stringify([made.reasons, made.asked, made.summary, made.rows]);
      assert.match(shown, /Evil\\\\n\\\\u202eGPU \(7\.5\)/);
      assert.doesNotMatch(shown.replace(/\\\\n/g, ''), /\\n|\u202e|\x1b/);
    });

    it('for what can be said of a file without a name are still about the file', () => {
      const made = report(inputOf(unreadableFacts('a\nb', 'a\nb is gone. Look for it.')));
      assert.equal(made.file, 'a\\nb');
      assert.equal(made.verdict, 'unchecked');
      assert.deepEqual(made.remedies, []);
    });
  });

  describe('on a machine without a GPU', () => {
    const without = (machine: Partial<typeof noDriver>, header = engine17) =>
      report(
        inputOf(factsOf(header), { answer: answerOf(2, 0), machine: { ...noDriver, ...machine } }),
      );

    it('greets a whole engine with the question where it should run', () => {
      const made = without({ nvidiaDevice: false });
      assert.equal(made.lead, 'targets');
      assert.equal(made.verdict, 'unchecked');
      assert.equal(made.headline, 'Nothing is wrong with this file.');
      assert.match(made.summary, /^This machine has no NVIDIA GPU\. According to its header/);
    });

    it('asks for the driver where a GPU is there', () => {
      const made = without({ nvidiaDevice: true });
      assert.equal(made.lead, 'verdict');
      assert.equal(made.headline, "TensorRT-RTX can't use the GPU of this machine.");
    });

    it('speaks of the version first where that is wrong', () => {
      assert.equal(without({ nvidiaDevice: false }, engine16).lead, 'verdict');
    });

    it('says nothing of a driver where the file is damaged', () => {
      const made = report(
        inputOf(factsOf(engine17, { size: 99 }), { answer: answerOf(2, 0), machine: noDriver }),
      );
      assert.deepEqual(
        made.reasons.map(({ id }) => id),
        ['truncated'],
      );
    });
  });

  describe('remedies', () => {
    const cases: [string, ReportInput, RemedyId[]][] = [
      [
        'CUDA error: repair',
        inputOf(factsOf(engine17), { answer: answerOf(2, 64) }),
        ['repair-cuda', 'show-log'],
      ],
      [
        'old driver: update, or rebuild',
        inputOf(factsOf(engine17), { answer: answerOf(2, 4) }),
        ['update-driver', 'rebuild', 'rebuild-for-chosen-gpus', 'copy-rebuild-command'],
      ],
      [
        'old runtime: update, or rebuild',
        inputOf(factsOf(engine17), { answer: answerOf(2, 8) }),
        ['update-runtime', 'rebuild', 'rebuild-for-chosen-gpus', 'copy-rebuild-command'],
      ],
      [
        'memory: weight streaming',
        inputOf(factsOf(engine17), { answer: answerOf(2, 16) }),
        ['rebuild-with-weight-streaming', 'copy-rebuild-command'],
      ],
      [
        'compute capability: rebuild',
        inputOf(factsOf(engine17), { answer: answerOf(2, 2) }),
        ['rebuild', 'rebuild-for-chosen-gpus', 'copy-rebuild-command'],
      ],
      [
        'malformed: rebuild',
        inputOf(factsOf(engine17), { answer: answerOf(2, 32) }),
        ['rebuild', 'get-file-again', 'rebuild-for-chosen-gpus', 'copy-rebuild-command'],
      ],
      [
        'version: rebuild, or the matching runtime',
        inputOf(factsOf(engine16), { answer: answerOf(2, 1) }),
        ['rebuild', 'install-matching-runtime', 'rebuild-for-chosen-gpus', 'copy-rebuild-command'],
      ],
      [
        'suboptimal: update, then rebuild',
        inputOf(factsOf(engine17), {
          answer: answerOf(1, 0),
          machine: machineOf('NVIDIA Next', '13.0'),
        }),
        ['update-runtime', 'rebuild', 'copy-rebuild-command'],
      ],
      [
        'unsupported GPU: nothing is built',
        inputOf(factsOf(engine16), {
          answer: answerOf(2, 3),
          machine: machineOf('NVIDIA H200', '9.0'),
        }),
        ['show-log'],
      ],
      [
        'truncated: get it again, or rebuild',
        inputOf(factsOf(engine17, { size: 99 }), { answer: answerOf(0, 0) }),
        ['get-file-again', 'rebuild', 'rebuild-for-chosen-gpus', 'copy-rebuild-command'],
      ],
      [
        'a GPU without a driver: install one',
        inputOf(factsOf(engine17), {
          answer: answerOf(2, 0),
          machine: { ...noDriver, nvidiaDevice: true },
        }),
        ['install-driver'],
      ],
      [
        'no GPU: no driver is of use',
        inputOf(factsOf(engine17), {
          answer: answerOf(2, 0),
          machine: { ...noDriver, nvidiaDevice: false },
        }),
        [],
      ],
      [
        'no GPU and no runtime: nothing is installed for a dead end',
        inputOf(factsOf(engine17), {
          runtime: null,
          machine: { ...noDriver, nvidiaDevice: false },
        }),
        [],
      ],
      [
        'no runtime: install or choose one',
        inputOf(factsOf(engine17), { runtime: null }),
        ['install-runtime', 'choose-runtime'],
      ],
      ['valid: none', inputOf(factsOf(engine17), { answer: answerOf(0, 0) }), []],
    ];
    for (const [name, input, expected] of cases) {
      it(`are right for ${name}`, () => {
        assert.deepEqual(remedyIds(report(input)), expected);
      });
    }

    it('take an installed matching runtime, the exact build first', () => {
      const input = inputOf(factsOf(engine16), {
        answer: answerOf(2, 1),
        knownRuntimes: [
          { version: '1.6.1.999', path: '/other' },
          { version: '1.6.1.120', path: '/exact' },
        ],
      });
      const made = report(input).remedies.find((r) => r.id === 'use-matching-runtime');
      assert.deepEqual(made?.action, { kind: 'useRuntime', path: '/exact', version: '1.6.1.120' });
      assert.ok(!remedyIds(report(input)).includes('install-matching-runtime'));
    });

    it('do not offer a matching runtime under which the engine would not run either', () => {
      const header = editHeader(engine16, { targets: 1 });
      const made = asked(inputOf(factsOf(header)));
      assert.ok(!remedyIds(made).some((id) => id.includes('matching-runtime')));
      const memory = asked(inputOf(factsOf(editHeader(engine16, { weightBytes: 2n ** 40n }))));
      assert.ok(!remedyIds(memory).some((id) => id.includes('matching-runtime')));
      const driver = asked(inputOf(factsOf(editHeader(engine16, { cudaDriver: 14000n }))));
      assert.deepEqual(remedyIds(driver), [
        'rebuild',
        'update-driver',
        'install-matching-runtime',
        'rebuild-for-chosen-gpus',
        'copy-rebuild-command',
      ]);
    });

    it('offer the recipe where it would cure, and only there', () => {
      const recipe = (change: { flags?: string[]; computeCapabilities?: string[] } = {}) => ({
        file: 'model.engine.json',
        model: 'model.onnx',
        options: { flags: [], computeCapabilities: [], ...change },
      });
      const offers = (header: Uint8Array, beside: ReturnType<typeof recipe> | null): boolean =>
        remedyIds(asked({ ...inputOf(factsOf(header)), recipe: beside })).includes(
          'rebuild-from-recipe',
        );
      assert.ok(offers(engine16, recipe()));
      assert.ok(!offers(engine16, null));
      // The recipe names the very GPUs that were the mistake.
      const turing = editHeader(engine17, { targets: 1 });
      assert.ok(!offers(turing, recipe({ computeCapabilities: ['7.5'] })));
      assert.ok(offers(turing, recipe({ computeCapabilities: ['8.9'] })));
      const large = editHeader(engine17, { weightBytes: 2n ** 40n });
      assert.ok(!offers(large, recipe()));
      assert.ok(offers(large, recipe({ flags: ['kWEIGHT_STREAMING'] })));
    });

    it('offer nothing that leaves too little memory', () => {
      const made = report(inputOf(factsOf(engine16), { answer: answerOf(2, 1 + 4 + 8 + 16) }));
      assert.deepEqual(remedyIds(made), ['rebuild-with-weight-streaming', 'copy-rebuild-command']);
      assert.deepEqual(made.remedies[0]?.cures, [
        'version-mismatch',
        'old-cuda-driver',
        'old-cuda-runtime',
        'insufficient-gpu-memory',
      ]);
    });

    it('name another GPU of the machine that would do', () => {
      const h200 = machineOf('NVIDIA H200', '9.0');
      const ada = { ...rtx4060.gpus[0]!, index: 1 };
      const machine = { ...h200, gpus: [...h200.gpus, ada] };
      const made = report(inputOf(factsOf(engine17), { machine, answer: answerOf(2, 2) }));
      assert.match(
        made.reasons[0]?.sentence ?? '',
        /does run on NVIDIA GeForce RTX 4060 \(8\.9\).*CUDA_VISIBLE_DEVICES=1/,
      );
    });
  });

  it('agrees with itself for every recorded answer', () => {
    interface Row {
      runtime: string;
      computeCapability: string;
      header: string;
      validity: keyof typeof engineValidity;
      diagnostics: number;
      messages: string[];
    }
    const { rows } = JSON.parse(readFileSync('test/fixtures/recordedVerdicts.json', 'utf8')) as {
      rows: Row[];
    };
    for (const row of rows) {
      const cc = parseComputeCapability(row.computeCapability);
      assert.ok(cc);
      const header = Buffer.from(row.header, 'hex');
      const made = report(
        inputOf(factsOf(header, { size: Math.max(64, Number(header.readBigUInt64LE(16))) }), {
          machine: machineOf('presented', cc, 150_109_880_320, 13000),
          runtime: runtimeOf(row.runtime),
          answer: {
            validity: engineValidity[row.validity],
            diagnostics: row.diagnostics,
            lines: row.messages.map((text) => ({ severity: 3, text })),
          },
        }),
      );
      assert.ok(!reasonIds(made).includes('verdict-differs-from-rule'), row.header);
      const expected = { kVALID: 'valid', kSUBOPTIMAL: 'suboptimal', kINVALID: 'invalid' }[
        row.validity
      ];
      assert.equal(
        made.verdict,
        made.reasons.some((r) => r.id === 'truncated' || r.id === 'damaged') ? 'invalid' : expected,
      );
      if (supportOf(cc, row.runtime) === 'never') {
        assert.deepEqual(rebuilds(made), []);
      }
      checkInvariants(made);
    }
  });

  it('keeps its promises for any input', () => {
    const headers = fc
      .record({
        version: fc.constantFrom<[number, number, number, number]>(
          [1, 7, 1, 116],
          [1, 6, 1, 120],
          [1, 4, 0, 76],
          [9, 9, 9, 9],
        ),
        targets: fc.nat(0x1ff),
        layout: fc.constantFrom(2, 2, 2, 3),
        cudaDriver: fc.bigInt(-1n, 20000n),
        cudaRuntime: fc.bigInt(-1n, 20000n),
        weightBytes: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fileSize: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      })
      .map((edits) => editHeader(engine17, edits));
    const inputs = fc.record({
      bytes: fc.oneof(headers, fc.uint8Array({ maxLength: 70 })),
      sizeOff: fc.integer({ min: -3, max: 3 }),
      answer: fc.option(
        fc.record({
          validity: fc.constantFrom(0, 1, 2, 2, 2, 3),
          diagnostics: fc.oneof(fc.nat(255), fc.constantFrom(0, 0, 2 ** 50)),
          lines: fc.array(
            fc.record({
              severity: fc.nat(4),
              text: fc.constantFrom(...Object.values(realLines)).map((l) => libraryLine(l)),
            }),
            { maxLength: 3 },
          ),
        }),
      ),
      machine: fc.option(
        fc.constantFrom(
          rtx4060,
          noDriver,
          machineOf('NVIDIA H200', '9.0'),
          machineOf('NVIDIA GB10', '12.1'),
        ),
      ),
      runtime: fc.option(fc.constantFrom(runtimeOf(), runtimeOf('1.4.0.76'))),
      knownRuntimes: fc.constantFrom<{ version: string; path: string }[]>(
        [],
        [{ version: '1.6.1.120', path: '/x' }],
      ),
      hash: fc.option(
        fc.constantFrom({ expected: 'aa', actual: 'aa' }, { expected: 'aa', actual: 'bb' }),
      ),
    });
    fc.assert(
      fc.property(inputs, ({ bytes, sizeOff, answer, machine, runtime, knownRuntimes, hash }) => {
        const size = Math.max(bytes.length, bytes.length + sizeOff);
        const made = report({
          facts: factsOf(bytes, { size }),
          answer,
          machine,
          runtime,
          knownRuntimes,
          recordedHash: hash,
          now: 0,
        });
        checkInvariants(made);
      }),
      { numRuns: 3000 },
    );
  });
});

/** What every surface relies on. */
function checkInvariants(made: EngineReport): void {
  const ids = reasonIds(made);
  assert.equal(new Set(remedyIds(made)).size, made.remedies.length, 'no remedy twice');
  assert.ok(made.remedies.filter((r) => r.preferred).length <= 1);
  assert.ok(made.remedies.findIndex((r) => r.preferred) <= 0, 'the preferred one is first');
  for (const remedy of made.remedies) {
    assert.ok(
      remedy.cures.every((id) => ids.includes(id)),
      `${remedy.id} cures what is there`,
    );
    assert.ok(remedy.title && remedy.detail);
    assert.equal(remedy.action.kind === 'rebuild', remedy.id.startsWith('rebuild'), remedy.id);
  }
  const loud: Record<string, number> = { error: 0, warning: 1, information: 2 };
  const order = made.reasons.map((r) => loud[r.severity] ?? 9);
  assert.deepEqual(order, [...order].sort(), 'errors first');
  assert.equal(made.severity, made.reasons[0]?.severity ?? 'ok');
  assert.equal(made.severity === 'ok', made.reasons.length === 0);
  if (made.verdict === 'invalid') {
    assert.equal(made.severity, 'error');
  }
  if (made.validity === 2 && made.diagnostics === 0) {
    assert.notEqual(made.evidence, 'runtime');
    const proved: ReasonId[] = [
      'truncated',
      'too-short',
      'empty',
      'not-tensorrt-rtx',
      'longer-than-header',
      'damaged',
      'hash-mismatch',
      'version-mismatch',
      'unsupported-compute-capability',
      'old-cuda-driver',
      'insufficient-gpu-memory',
    ];
    if (!ids.some((id) => proved.includes(id))) {
      assert.deepEqual(rebuilds(made), [], 'could not be checked is no reason to rebuild');
    }
  }
  const texts = [
    made.headline,
    made.summary,
    made.asked,
    ...made.reasons.map((r) => r.sentence),
    ...made.remedies.flatMap((r) => [r.title, r.detail]),
  ];
  for (const text of texts) {
    assert.doesNotMatch(text, /[\p{Cc}]|undefined|NaN|\[object/u);
  }
  assert.ok(made.headline && made.summary);
}
