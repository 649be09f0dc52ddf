import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import {
  answerOf,
  factsOf,
  inputOf,
  machineOf,
  noDriver,
  realHeader,
  ruleAnswer,
} from '../../../test/support/engines';
import { defaultEngineOptions } from '../rebuild/rebuildOptions';
import type { EngineReport, FileFacts, Remedy } from './engineReport';
import {
  cutAtHoles,
  fillHoles,
  fixCommands,
  fixesWithHoles,
  type FixSurroundings,
} from './fixCommands';
import { makeEngineReport } from './makeEngineReport';
import { predictedReport } from './predictedReport';
import type { RecipeFacts, ReportInput } from './reasons';
import type { MachineProfile } from './verdictRule';

const header17 = realHeader('1.7.1.116');
const gib = 2 ** 30;

function commandsOf(
  report: Pick<EngineReport, 'remedies' | 'gpu'>,
  facts: FileFacts,
  more: Partial<FixSurroundings> = {},
): Record<string, string | null> {
  const fixes = fixCommands(report.remedies, {
    ...{ file: facts.file, kind: facts.kind, header: facts.header, code: null },
    ...{ recipe: null, model: null, version: null, shell: 'sh' },
    gpu: report.gpu?.computeCapability ?? null,
    ...more,
  });
  return Object.fromEntries(fixes.map(({ remedy, command }) => [remedy.id, command]));
}

function here(facts: FileFacts, more: Partial<ReportInput>, around: Partial<FixSurroundings> = {}) {
  const input = inputOf(facts, more);
  return commandsOf(makeEngineReport({ ...input, answer: ruleAnswer(input) }), facts, around);
}

const recipe = (computeCapabilities: string[]): RecipeFacts => ({
  ...{ file: 'model.engine.json', model: 'model.onnx' },
  options: { ...defaultEngineOptions(), computeCapabilities },
});

describe('fixes as commands', () => {
  const old = factsOf(realHeader('1.6.1.120'), { file: 'my models/old.engine' });
  const only86 = factsOf(realHeader('1.7.1.116', '8.6 only'));

  it('build from the recipe, a model of the same name, or one that is to be named', () => {
    const build = (around: Partial<FixSurroundings>) => here(old, {}, around)['rebuild'];
    assert.equal(build({}), "engine-inspector build MODEL.onnx -o 'my models/old.engine'");
    assert.match(build({ model: 'my models/old.onnx' }) ?? '', /build 'my models\/old\.onnx' -o/);
    assert.equal(
      build({ recipe: recipe([]) }),
      "engine-inspector build --recipe 'my models/old.engine.json'",
    );
  });

  it('name GPUs only where the build would be for others', () => {
    const build = (cc: '7.5' | '8.9', own: RecipeFacts | null) =>
      here(only86, { machine: machineOf('a', cc), recipe: own }, { recipe: own })['rebuild'];
    assert.match(build('7.5', null) ?? '', /engine --compute-capability 7\.5 8\.6$/);
    assert.match(build('7.5', recipe(['8.6'])) ?? '', /json --compute-capability 7\.5 8\.6$/);
    // The default set has it.
    assert.match(build('8.9', null) ?? '', /model\.engine$/);
  });

  it('ask for weight streaming where memory is short', () => {
    const small = here(factsOf(header17), { machine: machineOf('a', '8.9', 1) });
    assert.match(small['rebuild-with-weight-streaming'] ?? '', / --weight-streaming$/);
  });

  it('choose and install runtimes, and lead to a page', () => {
    const known = [{ version: '1.6.1.120', path: '/opt/rtx16/libtensorrt_rtx.so.1' }];
    assert.equal(
      here(old, { knownRuntimes: known })['use-matching-runtime'],
      "engine-inspector check 'my models/old.engine' --runtime 1.6.1.120",
    );
    assert.equal(
      here(old, {})['install-matching-runtime'],
      'python -m pip install tensorrt-rtx-cu13-libs==1.6.1.120',
    );
  });

  it('speak of another machine where one was given', () => {
    const machine: MachineProfile = {
      computeCapability: '7.5',
      ...{ totalGpuMemory: 4 * gib, driverVersion: 13000 },
      ...{ tensorrtRtx: '1.7.1', cudaRuntimeVersion: 13040 },
    };
    const there = predictedReport(old, machine, 'turing.json', { code: null, recipe: null });
    assert.equal(there.remedies[0]?.title, 'Rebuild for the Machine of turing.json');
    const commands = commandsOf(there, old, { gpu: '7.5', version: machine.tensorrtRtx });
    assert.match(commands['rebuild'] ?? '', /--runtime 1\.7\.1 --compute-capability 7\.5$/);
    const late = { ...machine, driverVersion: 12080 };
    const stopped = predictedReport(old, late, 'turing.json', { code: null, recipe: null });
    assert.ok(stopped.remedies.some(({ id }) => id === 'update-driver'));
    const never: MachineProfile = { ...machine, computeCapability: '9.0' };
    const none = predictedReport(old, never, 'h200.json', { code: null, recipe: null });
    assert.deepEqual(Object.values(commandsOf(none, old)), ['']);
  });

  it('pull a Git LFS object where it is, and build nothing over a file of others', () => {
    const pointer = factsOf(
      Buffer.from(
        `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 7\n`,
      ),
      { file: '/m/a b.engine' },
    );
    assert.equal(
      here(pointer, {})['fetch-lfs-object'],
      "git -C /m lfs pull '--include=a b.engine'",
    );
    const foreign = factsOf(Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(200)]));
    assert.match(here(foreign, {})['convert-foreign-engine'] ?? '', / -o model\.rtx\.engine$/);
    assert.equal(here(foreign, {})['copy-rebuild-command'], '');
  });

  it('hand Python on in one line, as each shell passes it', () => {
    const remedy: Remedy = {
      ...{ id: 'compile-model-again', title: 'Compile', detail: '', preferred: true, cures: [] },
      action: {
        kind: 'copyPython',
        text: `import sys\nsys.stdout.write(${JSON.stringify('it\'s "quoted"')})\nsys.exit(3)\n`,
      },
    };
    const of = (shell: 'sh' | 'powershell') =>
      commandsOf({ remedies: [remedy], gpu: null }, old, { shell })['compile-model-again'] ?? '';
    assert.match(of('sh'), /^python -c 'import sys; /);
    const inner = /^python -c '(.*)'$/s.exec(of('powershell'))?.[1]?.replaceAll("''", "'") ?? '';
    assert.doesNotMatch(inner, /["\n]/);
    assert.match(inner, /write\('it\\x27s \\x22quoted\\x22'\)/);
    if (process.platform === 'win32') return;
    const echoed = execFileSync('/bin/sh', ['-c', `python() { printf '%s' "$2"; }; ${of('sh')}`]);
    assert.equal(
      echoed.toString(),
      `import sys; sys.stdout.write("it's \\"quoted\\""); sys.exit(3)`,
    );
  });

  it('are made once for files that differ in their names', () => {
    const headers = ['1.4.0.76', '1.6.1.120', '1.7.1.116'].map((version) => realHeader(version));
    const machines = [noDriver, machineOf('a', '8.9'), machineOf('b', '7.5')];
    const known = [{ version: '1.6.1.120', path: '/opt/rtx16/libtensorrt_rtx.so.1' }];
    let filled = 0;
    for (const header of headers) {
      for (const machine of machines) {
        for (const shell of ['sh', 'powershell'] as const) {
          const facts = factsOf(header, { file: 'x.engine' });
          const input = inputOf(facts, { machine, knownRuntimes: known });
          const answer = machine.gpu ? ruleAnswer(input) : answerOf(2, 0);
          const { remedies, gpu } = makeEngineReport({ ...input, answer });
          const around: Omit<FixSurroundings, 'file' | 'model'> = {
            ...{ kind: facts.kind, code: null, recipe: null, version: null, shell },
            ...{ header: facts.header, gpu: gpu?.computeCapability ?? null },
          };
          for (const model of [null, "models/it's.onnx", '-m.onnx']) {
            const once = fixesWithHoles(remedies, around, model !== null);
            for (const file of ['a.engine', "my models/it's.engine", '-a.engine', '$&.engine']) {
              const own = fixCommands(remedies, { ...around, file, model });
              assert.deepEqual(
                once?.map(({ command }) =>
                  command === null ? null : fillHoles(cutAtHoles(command), { file, model, shell }),
                ),
                own.map(({ command }) => command),
              );
              filled += own.length;
            }
          }
        }
      }
    }
    assert.ok(filled > 100);
  });

  it('are made for each file where its name is a part of a larger word', () => {
    const foreign = factsOf(Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(200)]));
    const { remedies } = makeEngineReport(inputOf(foreign));
    const around = { kind: foreign.kind, header: null, code: null, recipe: null, gpu: null };
    assert.equal(fixesWithHoles(remedies, { ...around, version: null, shell: 'sh' }, false), null);
  });
});
