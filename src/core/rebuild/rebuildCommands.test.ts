import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import fc from 'fast-check';

import { commandForms, rebuildCommand, shellQuote, type CommandForm } from './rebuildCommands';
import { defaultEngineOptions, type EngineOptions } from './rebuildOptions';
import { itUnless, onWindows } from '../../../test/support/leaveOut';

const options: EngineOptions = {
  flags: ['kWEIGHT_STREAMING', 'kSPARSE_WEIGHTS'],
  clearedFlags: [],
  computeCapabilities: ['8.6', '12.0'],
  profiles: [
    [
      { input: 'x', min: [1, 4], opt: [2, 4], max: [8, 4] },
      { input: 'ids:0', min: [1], opt: [1], max: [8] },
    ],
    [{ input: 'x', min: [16, 4], opt: [16, 4], max: [16, 4] }],
  ],
  profilingVerbosity: 'detailed',
  memoryPoolLimits: { kWORKSPACE: 1024 },
};

function command(form: CommandForm, change: object = {}): ReturnType<typeof rebuildCommand> {
  return rebuildCommand(form, {
    model: 'm.onnx',
    engine: 'm.engine',
    options,
    shell: 'sh',
    ...change,
  });
}

describe('rebuildCommands', () => {
  it('writes our own command line', () => {
    assert.equal(
      command('engine-inspector').text,
      'engine-inspector build m.onnx -o m.engine --weight-streaming --flag kSPARSE_WEIGHTS' +
        ' --compute-capability 8.6 --compute-capability 12.0' +
        ' --profile x:1x4:2x4:8x4 --profile ids:0:1:1:8 --profile x:16x4:16x4:16x4' +
        ' --verbosity detailed --memory-pool kWORKSPACE=1024',
    );
  });

  it('switches off what is on by default', () => {
    const exact = { options: { ...defaultEngineOptions(), clearedFlags: ['kTF32'] } };
    assert.equal(
      command('engine-inspector', exact).text,
      'engine-inspector build m.onnx -o m.engine --clear-flag kTF32',
    );
    assert.match(command('python', exact).text, /^config\.clear_flag\(trt\.BuilderFlag\.TF32\)$/m);
    assert.match(
      command('cpp', exact).text,
      /^ {4}config->clearFlag\(nvinfer1::BuilderFlag::kTF32\);$/m,
    );
    assert.deepEqual(command('tensorrt_rtx', exact).notes, [
      'tensorrt_rtx has no documented switch to switch kTF32 off.',
    ]);
  });

  it('writes the tool’s command line and says what it leaves out', () => {
    const { text, notes } = command('tensorrt_rtx');
    assert.equal(
      text,
      'tensorrt_rtx --onnx=m.onnx --saveEngine=m.engine --skipInference --allowWeightStreaming' +
        " --computeCapabilities=86,120 '--minShapes=x:1x4,'\\''ids:0'\\'':1'" +
        " '--optShapes=x:2x4,'\\''ids:0'\\'':1' '--maxShapes=x:8x4,'\\''ids:0'\\'':8'" +
        ' --profilingVerbosity=detailed',
    );
    assert.deepEqual(notes, [
      'tensorrt_rtx has no documented switch for kSPARSE_WEIGHTS.',
      'Only the first of 2 optimization profiles is in it.',
      'tensorrt_rtx has no documented switch for the memory pool kWORKSPACE.',
    ]);
  });

  it('says little where nothing is special', () => {
    const plain = { options: defaultEngineOptions() };
    assert.equal(
      command('engine-inspector', plain).text,
      'engine-inspector build m.onnx -o m.engine',
    );
    assert.equal(
      command('tensorrt_rtx', plain).text,
      'tensorrt_rtx --onnx=m.onnx --saveEngine=m.engine --skipInference',
    );
  });

  itUnless(onWindows('there is no sh'), 'quotes for sh: every word arrives as it was', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        const asUtf8 = words.map((text) => Buffer.from(text).toString());
        const line = asUtf8.map((text) => shellQuote(text, 'sh')).join(' ');
        const script = `for word in ${line}; do printf '%s\\0' "$word"; done`;
        const printed = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
        assert.deepEqual(printed.split('\0').slice(0, -1), asUtf8);
      }),
      { numRuns: 40 },
    );
  });

  it('quotes for PowerShell', () => {
    assert.equal(shellQuote('C:\\a\\m.onnx', 'powershell'), 'C:\\a\\m.onnx');
    assert.equal(shellQuote("it's $HOME `here`", 'powershell'), "'it''s $HOME `here`'");
    assert.equal(shellQuote('a\u2019b', 'powershell'), "'a\u2019\u2019b'");
    assert.equal(shellQuote('', 'powershell'), "''");
    assert.equal(shellQuote('a,b', 'powershell'), "'a,b'");
  });

  it('writes Python with the names of the bindings', () => {
    const { text } = command('python', { model: 'a "b"\\c\u2028.onnx' });
    for (const line of [
      'if not parser.parse_from_file("a \\"b\\"\\\\c\\u2028.onnx"):',
      'config.set_flag(trt.BuilderFlag.WEIGHT_STREAMING)',
      'config.num_compute_capabilities = 2',
      'config.set_compute_capability(trt.ComputeCapability.SM120, 1)',
      'config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED',
      'config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1024)',
      'profile.set_shape("ids:0", (1,), (1,), (8,))',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line}\nis missing in\n${text}`);
    }
  });

  it('lets no name become code', () => {
    const evil = '");system("rm -rf /");//\n??/';
    const hostile: EngineOptions = {
      ...options,
      flags: [`k);${evil}`],
      profiles: [[{ input: evil, min: [1], opt: [1], max: [1] }]],
    };
    const cpp = command('cpp', { model: evil, engine: evil, options: hostile }).text;
    assert.ok(cpp.includes('"\\");system(\\"rm -rf /\\");//\\012\\?\\?/"'));
    // Outside of strings nothing of it is left.
    assert.doesNotMatch(cpp.replace(/"(?:[^"\\]|\\.)*"/g, ''), /system\(|rm -rf/);
    const python = command('python', { model: evil, engine: evil, options: hostile }).text;
    assert.doesNotMatch(python.replace(/"(?:[^"\\]|\\.)*"/g, ''), /system\(|rm -rf/);
  });

  it('ends every form without a stray blank', () => {
    for (const form of commandForms) assert.doesNotMatch(command(form).text, /[ \t]$/m, form);
  });
});
