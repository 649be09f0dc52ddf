/**
 * What people who ship engines really have, and were misled about: each kind once, as a user meets it, with the real
 * libraries (docs/verified.md has the table). What a fix prints is also run as it is printed.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import {
  onnxType,
  writeOnnx,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from '../../scripts/onnxWriter';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  builtEngine,
  cliMain,
  environmentWithoutRuntimes,
  libraryOf,
  libraryPathVariable,
  libraryVersions,
} from '../support/builtEngines';
import { outcomeOf } from '../support/commandLine';
import { epContextModel } from '../support/epContextModels';
import { itUnless, onWindows, underWine } from '../support/leaveOut';

interface Ran {
  code: number | null;
  said: string;
}

const types = { ...onnxType, uint8: 2, int8: 3, uint4: 21, fp8: 17, fp4: 23, e5m2: 19 } as const;
const noDriverUnderWine = underWine("NVIDIA's 1.7 reads through a null pointer without a driver");

const value = (name: string, shape: OnnxValue['shape'], type: number = types.float): OnnxValue => ({
  ...{ name, shape, type },
});
const tensor = (name: string, type: number, dims: number[], bytes: number): OnnxTensor => ({
  ...{ name, type, dims },
  data: new Uint8Array(bytes).fill(0x3c),
});
const node = (op: string, name: string, inputs: string[], outputs: string[]): OnnxNode => ({
  ...{ op, name, inputs, outputs },
});

function model(
  nodes: OnnxNode[],
  inputs: OnnxValue[],
  outputs: OnnxValue[],
  initializers: OnnxTensor[] = [],
  more: Partial<OnnxModel> = {},
): Uint8Array {
  return writeOnnx({ graph: { name: 'g', inputs, outputs, nodes, initializers }, ...more });
}

const row = [1, 64];
/** x times W, in FP32. */
const product = () =>
  model(
    [node('MatMul', '/fc/MatMul', ['x', 'W'], ['y'])],
    [value('x', row)],
    [value('y', row)],
    [tensor('W', types.float, [64, 64], 4096 * 4)],
  );
/** x times weights of a type with scales. */
const quantizedProduct = (type: number, bytes: number, opset: number) =>
  model(
    [
      node('DequantizeLinear', 'W_DequantizeLinear', ['Wq', 's'], ['W']),
      node('MatMul', '/fc/MatMul', ['x', 'W'], ['y']),
    ],
    [value('x', row)],
    [value('y', row)],
    [tensor('Wq', type, [64, 64], bytes), tensor('s', types.float, [], 4)],
    { opset, irVersion: 10 },
  );
const qdq = (zeroPoint: number) => {
  const zero = { ...tensor('z', zeroPoint, [], 1), data: new Uint8Array(1) };
  return model(
    [
      node('QuantizeLinear', 'x_q', ['x', 's', 'z'], ['xq']),
      node('DequantizeLinear', 'x_d', ['xq', 's', 'z'], ['y']),
    ],
    [value('x', row)],
    [value('y', row)],
    [tensor('s', types.float, [], 4), zero],
  );
};
const onlyNodes = (nodes: OnnxNode[], shape = row, more: Partial<OnnxModel> = {}) =>
  model(nodes, [value('x', shape)], [value('y', shape)], [], more);

function sequenceModel(): Uint8Array {
  const message = (w: BinaryWriter, field: number, bytes: Uint8Array) =>
    w.tag(field, WireType.LengthDelimited).bytes(bytes);
  const text = (w: BinaryWriter, field: number, of: string) =>
    w.tag(field, WireType.LengthDelimited).string(of);
  const floats = message(
    new BinaryWriter(),
    1,
    new BinaryWriter().tag(1, WireType.Varint).int32(types.float).finish(),
  ).finish();
  const sequence = message(
    new BinaryWriter(),
    4,
    message(new BinaryWriter(), 1, floats).finish(),
  ).finish();
  const input = message(text(new BinaryWriter(), 1, 'frames'), 2, sequence).finish();
  const op = new BinaryWriter();
  text(text(text(op, 1, 'frames'), 2, 'y'), 4, 'SequenceLength');
  const graph = new BinaryWriter();
  message(message(text(message(graph, 1, op.finish()), 2, 'g'), 11, input), 12, input);
  const made = new BinaryWriter().tag(1, WireType.Varint).int64(8);
  const opset = text(new BinaryWriter(), 1, '').tag(2, WireType.Varint).int64(17).finish();
  return message(message(made, 7, graph.finish()), 8, opset).finish();
}

describe('cases from the field', () => {
  let folder: TemporaryFolder;
  let engine17: Buffer;
  let engine16: Buffer;
  const at = (...parts: string[]) => path.join(folder.path, ...parts);
  const put = (name: string, bytes: string | Uint8Array): string => {
    fs.mkdirSync(path.dirname(at(name)), { recursive: true });
    fs.writeFileSync(at(name), bytes);
    return name;
  };

  before(async () => {
    folder = temporaryFolder();
    engine17 = fs.readFileSync(await builtEngine('1.7.1.116'));
    engine16 = fs.readFileSync(await builtEngine('1.6.1.120'));
    const laptop = {
      ...{ computeCapability: '8.9', totalGpuMemory: 8 * 1024 ** 3, driverVersion: 13000 },
      ...{ tensorrtRtx: '1.7.1', cudaRuntimeVersion: 13040 },
    };
    put('laptop.json', JSON.stringify(laptop));
    put('ampere.json', JSON.stringify({ ...laptop, computeCapability: '8.6' }));
    put('old-driver.json', JSON.stringify({ ...laptop, driverVersion: 12080 }));
    put('utf16.json', Buffer.from(`\ufeff${JSON.stringify(laptop)}`, 'utf16le'));
  });
  after(() => folder.remove());

  const start = async (command: string, args: readonly string[]): Promise<Ran> => {
    const libraries = [...libraryVersions].reverse().map((v) => path.dirname(libraryOf(v)));
    const env = {
      ...environmentWithoutRuntimes(),
      [libraryPathVariable]: libraries.join(path.delimiter),
      CUDA_VISIBLE_DEVICES: '', // also where there is a GPU
    };
    const { code, stdout, stderr } = await outcomeOf(
      spawn(command, args, { cwd: folder.path, env }),
    );
    return { code, said: stdout + stderr };
  };
  const ei = (...args: string[]) => start(process.execPath, [cliMain, ...args]);
  const check = (...args: string[]) => ei('check', ...args);
  const laptop = ['--machine', 'laptop.json'];
  const build = (name: string, bytes: Uint8Array, ...args: string[]) =>
    ei('build', put(`${name}.onnx`, bytes), '-o', `${name}.engine`, ...args);
  const fixOf = ({ said }: Ran, title: RegExp): string => {
    const lines = said.split('\n');
    const found = lines.findIndex((line) => line.includes('fix: ') && title.test(line));
    assert.ok(found >= 0, said);
    return (lines[found + 1] ?? '').trim();
  };
  /** As a person would, where the command is installed. */
  const paste = (command: string) =>
    start('/bin/bash', [
      '-c',
      `engine-inspector() { '${process.execPath}' '${cliMain}' "$@"; }; python() { command python3 "$@"; }; ${command}`,
    ]);
  const says = ({ code, said }: Ran, exit: number, ...patterns: RegExp[]) => {
    for (const pattern of patterns) assert.match(said, pattern);
    assert.equal(code, exit, said);
  };

  describe('engines in other files', () => {
    it('E1, E2, E5: EPContext models', async () => {
      put('ctx/a_ctx.onnx', epContextModel([{ context: engine16, model: 'net.onnx' }]));
      const embedded = await check('ctx/a_ctx.onnx', ...laptop);
      says(embedded, 1, /EPContext model.*compiled by TensorRT-RTX 1\.6\.1\.120/, /would not run/);
      assert.match(fixOf(embedded, /Compile net\.onnx again/), /^python -c .*ctx\/net\.onnx/);
      assert.doesNotMatch(embedded.said, /engine-inspector build/);
      put('ctx/engines/b.engine', engine17);
      put('ctx/b_ctx.onnx', epContextModel([{ embedMode: 0, context: 'engines/b.engine' }]));
      says(await check('ctx/b_ctx.onnx', ...laptop), 0, /1\.7\.1\.116/, /it would run/);
      says(await ei('build', 'ctx/a_ctx.onnx'), 1, /compiled it already/, /original model, net/);
    });

    it('F4: a wrapper names the engine in it, and how to take that out', async () => {
      const wrapped = Buffer.concat([Buffer.from('TR01'), Buffer.alloc(60, 1), engine17]);
      const ran = await check(put('my wrapped.engine', wrapped));
      says(ran, 1, /Torch-TensorRT/, /byte 64: TensorRT-RTX 1\.7\.1\.116/);
      assert.match(fixOf(ran, /Copy Python to Extract the Engine/), /^python -c /);
    });

    itUnless(
      onWindows('pasted into bash'),
      'F4: what is to be pasted does it, and builds from the model of the same name',
      async () => {
        const wrapped = Buffer.concat([Buffer.from('TR01'), Buffer.alloc(60, 1), engine17]);
        const ran = await check(put("it's wrapped.engine", wrapped));
        says(await paste(fixOf(ran, /Copy Python to Extract the Engine/)), 0);
        assert.ok(fs.readFileSync(at("it's wrapped.rtx.engine")).equals(engine17));
        put('old net.onnx', product());
        put('old net.engine', engine16);
        const old = await check('old net.engine', ...laptop);
        says(await paste(fixOf(old, /Rebuild for the Machine of laptop/)), 0, /built in/);
        says(await check('old net.engine', ...laptop), 0, /it would run/);
      },
    );
  });

  describe('EPContext models that no tool should have left', () => {
    const again = /Compile net\.onnx again/;
    const lost = (title: string, node: Parameters<typeof epContextModel>[0][number], why: RegExp) =>
      it(title, async () => {
        const name = put('odd_ctx.onnx', epContextModel([{ model: 'net.onnx', ...node }]));
        const ran = await check(name);
        says(ran, 1, /An engine of this EPContext model is missing/, why, again);
        assert.equal(ran.said.match(new RegExp(why, 'g'))?.length, 1, ran.said);
      });
    lost('an empty engine', { context: '' }, /its ep_cache_context is empty/);
    lost('no engine at all', {}, /has no engine \(no ep_cache_context\)/);
    lost('a path in the place of the engine', { context: 'e/a.engine' }, /the path "e\/a\.engine"/);
    lost('only nodes that share', { mainContext: 0 }, /check the model with main_context 1/);
    it('an engine in the place of the path', async () => {
      put('odd_ctx.onnx', epContextModel([{ embedMode: 0, context: engine17 }]));
      says(await check('odd_ctx.onnx'), 1, /the engine itself stands in its place/);
    });

    it('cut short within the engine', async () => {
      const whole = epContextModel([{ context: engine17 }]);
      put('odd_ctx.onnx', whole.subarray(0, whole.length - 1000));
      const ran = await check('odd_ctx.onnx');
      says(ran, 1, /EPContext model is incomplete/, /Its end is missing/);
      assert.doesNotMatch(ran.said, /engine-inspector build/);
    });

    it('written in text mode', async () => {
      const text = Buffer.from(epContextModel([{ context: engine17 }])).toString('latin1');
      put('odd_ctx.onnx', Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
      const ran = await check('odd_ctx.onnx');
      says(ran, 1, /damaged.* written or copied in text mode: each LF/);
      assert.doesNotMatch(ran.said, /engine-inspector build|Extract the Engine/);
    });

    it('a compatibility info that is not that of the engine', async () => {
      const info = (hex: string) => ({
        'ep_compatibility_info.NvTensorRTRTXExecutionProvider': hex,
      });
      const with17 = (hex: string) =>
        put('odd_ctx.onnx', epContextModel([{ context: engine17, model: 'net.onnx' }], info(hex)));
      const hex = engine17.toString('hex', 0, 64);
      says(await check(with17(hex), ...laptop), 0, /it would run/);
      with17(engine16.toString('hex', 0, 64));
      const other = await check('odd_ctx.onnx', ...laptop);
      says(
        other,
        1,
        /would not run/,
        /by its ep_compatibility_info\. Built by .* 1\.6\.1\.120/,
        again,
      );
      // The same is said where nothing is predicted, and the engine itself has no fault.
      const here = await check('odd_ctx.onnx');
      // Under Wine the library ends instead of answering.
      if (process.platform !== 'win32') {
        assert.match(here.said, /: The compatibility info of the EPContext model is not that/);
      }
      says(here, 2, /speaks of TensorRT-RTX 1\.6\.1\.120, the engine is of 1\.7\.1\.116/, again);
      with17(`0x${hex}`);
      const unread = await check('odd_ctx.onnx');
      says(
        unread,
        1,
        /can't read the compatibility info/,
        /130 characters and begins with 0x/,
        again,
      );
      const targets = await check('odd_ctx.onnx', '--target', 'rtx-4060');
      says(targets, 1, /begins with 0x/);
    });

    it('a path that is written another way than the file is', async () => {
      put('net/engines/a.engine', engine17);
      const says1 = async (context: string, why: RegExp) => {
        put('net/odd_ctx.onnx', epContextModel([{ embedMode: 0, context }]));
        const ran = await check('net/odd_ctx.onnx');
        says(ran, 1, /engines\/a\.engine is there: the path/, why);
      };
      await says1('net/engines/a.engine', /begins with the model's own folder/);
      await says1('engines/engines/a.engine', /names its folder twice/);
      // Windows takes spaces off the end and knows no case.
      if (process.platform !== 'linux') return;
      await says1('./engines/gone/../a.engine ', /has spaces or line breaks around it/);
      await says1('Engines/A.engine', /upper and lower case/);
    });

    it('an engine that is packed, encoded, changed, or another file altogether', async () => {
      const holds = async (context: Uint8Array | string, ...why: RegExp[]) => {
        put('odd_ctx.onnx', epContextModel([{ context, model: 'net.onnx' }]));
        const ran = await check('odd_ctx.onnx');
        says(ran, 1, ...why, again);
        assert.doesNotMatch(ran.said, /engine-inspector build|Extract the Engine/);
      };
      const other = /What this EPContext model holds is not an engine/;
      await holds(gzipSync(engine17), other, /node_0: This is a gzip archive/);
      await holds(engine17.toString('base64'), other, /written in Base64/);
      await holds(product(), other, /This is an ONNX model/);
      await holds(Buffer.concat([Buffer.from('TR01'), Buffer.alloc(60, 1), engine17]), other);
      // What happened is told as of a file, not only that its length is another.
      await holds(engine17.toString('utf8'), /damaged/, /EF BF BD/);
      const text = engine17.toString('latin1').replaceAll('\n', '\r\n');
      await holds(Buffer.from(text, 'latin1'), /damaged/, /in text mode: each LF/);
    });

    it('an engine of Git LFS that was not fetched is fetched by its own name', async () => {
      put(
        'lfs/engines/a.engine',
        `version https://git-lfs.github.com/spec/v1\r\noid sha256:${'a'.repeat(64)}\r\nsize 1234\r\n`,
      );
      put('lfs/odd_ctx.onnx', epContextModel([{ embedMode: 0, context: 'engines/a.engine' }]));
      const ran = await check('lfs/odd_ctx.onnx');
      says(ran, 1, /an engine of 1\.2 KiB/);
      assert.equal(fixOf(ran, /git lfs pull/), 'git -C lfs lfs pull --include=a.engine');
    });

    it('nodes of several providers, partitions and functions', async () => {
      const qnn = { name: 'q', source: 'QNNExecutionProvider', context: 'of another' };
      put('odd_ctx.onnx', epContextModel([{ context: engine17 }, qnn]));
      says(await check('odd_ctx.onnx', ...laptop), 0, /it would run/);
      const main = { context: engine17, partition: 'a' };
      const shares = (partition: string) => ({ name: 's', mainContext: 0 as const, partition });
      put('odd_ctx.onnx', epContextModel([main, shares('a')]));
      says(await check('odd_ctx.onnx', ...laptop), 0, /it would run/);
      put('odd_ctx.onnx', epContextModel([main, shares('b')]));
      says(await check('odd_ctx.onnx', ...laptop), 1, /"s" shares the engine of the partition "b"/);
      put('odd_ctx.onnx', epContextModel([{ context: engine16 }], {}, true));
      says(await check('odd_ctx.onnx', ...laptop), 1, /compiled by TensorRT-RTX 1\.6\.1\.120/);
      put('odd_ctx.onnx', epContextModel([{ source: '', embedMode: 0, context: 'gone.engine' }]));
      says(await check('odd_ctx.onnx'), 1, /does not name its execution provider/, /gone\.engine/);
    });

    it('of several engines the worst one leads', async () => {
      const [a, b] = [
        { name: 'a', context: engine17 },
        { name: 'b', context: engine16 },
      ];
      put('odd_ctx.onnx', epContextModel([a, b]));
      const ran = await check('odd_ctx.onnx');
      says(ran, 1, /odd_ctx\.onnx: b: This engine was built by another version/);
    });

    it('the command makes room first, for ONNX Runtime writes over nothing, and keeps the mode', async () => {
      put('engines/old.engine', engine16);
      put('odd_ctx.onnx', epContextModel([{ embedMode: 0, context: 'engines/old.engine' }]));
      const ran = await check('odd_ctx.onnx');
      says(ran, 1, /beside: engines\/old\.engine: TensorRT-RTX 1\.6\.1\.120/);
      const command = fixOf(ran, /Compile the original model again/);
      assert.match(command, /os\.replace\("odd_ctx\.onnx", "odd_ctx\.onnx\.bak"\)/);
      assert.match(command, /"ep\.context_embed_mode", "0"/);
    });
  });

  itUnless(
    onWindows('pasted into bash'),
    'an engine within an upload is taken out without what follows it',
    async () => {
      const part = '--x\r\nContent-Type: application/octet-stream\r\n\r\n';
      put(
        'upload.engine',
        Buffer.concat([Buffer.from(part), engine17, Buffer.from('\r\n--x--\r\n')]),
      );
      says(await paste(fixOf(await check('upload.engine'), /Extract the Engine/)), 0);
      assert.ok(fs.readFileSync(at('upload.rtx.engine')).equals(engine17));
    },
  );

  it('trials: the answers in the text of a check; the model of the same name in what comes next', async () => {
    const built = await build('my net', product());
    says(built, 0, /built in/);
    says(await ei('trial', 'my net.engine', '--compute-capability', '8.9'), 0, /answers are in/);
    says(await check('my net.engine', ...laptop), 0, /trial: NVIDIA's compiler .* for 8\.9/);
    fs.rmSync(at('my net.engine.json'));
    const lost = await ei('trial', 'my net.engine');
    says(lost, 2, /There is no recipe beside/, /engine-inspector trial 'my net\.onnx'/);
  });

  it('D1, D3: a transfer that changed the engine', async () => {
    const text = engine17.toString('latin1');
    put('crlf.engine', Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
    put('utf8.engine', engine17.toString('utf8'));
    put('latin1.engine', text);
    says(await check('crlf.engine', ...laptop), 1, /damaged/, /LF in it became CR LF/);
    const both = await check('utf8.engine', 'latin1.engine');
    says(both, 1, /EF BF BD/, /read as Latin-1 and written as UTF-8/);
    assert.doesNotMatch(both.said, /TiB|Its end is missing|0\.0\.1\.7/);
  });

  it('P1, P4: what another machine has', async () => {
    put('good.engine', engine17);
    const stops = await check('good.engine', '--machine', 'old-driver.json');
    says(stops, 1, /would not run/, /needs a driver for CUDA 13\.0/);
    assert.match(fixOf(stops, /Update the NVIDIA Driver/), /^https:/);
    says(await check('good.engine', '--machine', 'utf16.json'), 0, /it would run/);
    const layers = { Layers: [{ Name: '/conv', LayerType: 'Conv' }], Bindings: [] };
    put('layers.json', Buffer.from(`\ufeff${JSON.stringify(layers)}`, 'utf16le'));
    says(await ei('inspect', '--import', 'layers.json'), 0, /\/conv/);
  });

  it('P3: an engine whose header lists GPUs that it holds no code for', async () => {
    for (const [name, type, bytes, least, opset] of [
      ['fp8', types.fp8, 4096, '8.9', 19],
      ['fp4', types.fp4, 2048, '12.0', 23],
    ] as const) {
      const bytesOf = quantizedProduct(type, bytes, opset);
      const built = await build(name, name === 'fp4' ? blocked() : bytesOf);
      says(built, 0, new RegExp(`needs? a GPU of compute capability ${least}`));
      const ran = await check(`${name}.engine`, '--machine', 'ampere.json');
      says(ran, 1, /would not run/, /no code for compute capability 8\.6/);
      assert.match(fixOf(ran, /Build from a Model in FP16/), /--compute-capability 8\.6$/);
    }
    function blocked(): Uint8Array {
      const dequantize: OnnxNode = {
        ...node('DequantizeLinear', 'd', ['Wq', 's'], ['W']),
        attributes: { axis: 0, block_size: 16 },
      };
      return model(
        [dequantize, node('MatMul', '/fc', ['x', 'W'], ['y'])],
        [value('x', row)],
        [value('y', row)],
        [tensor('Wq', types.fp4, [64, 64], 2048), tensor('s', types.float, [4, 64], 1024)],
        { opset: 23, irVersion: 11 },
      );
    }
  });

  describe('refusals', () => {
    const image = [1, 4, 16, 16];
    const microsoft = (op: string, name: string, inputs: string[]): OnnxNode => ({
      ...node(op, name, inputs, ['y']),
      domain: 'com.microsoft',
    });
    const bits = { K: 64, N: 64, bits: 4, block_size: 32 };
    const custom = Array.from({ length: 9 }, (_, i) => ({
      ...node(['GridX', 'RoiY', 'PoolZ'][i % 3] ?? '', `/m/${i}`, [i === 0 ? 'x' : `t${i}`], []),
      ...{ domain: 'acme', outputs: [i === 8 ? 'y' : `t${i + 1}`] },
    }));
    const pool = node('MaxPool', '/pool', ['x'], ['y']);
    const dilated = { ...pool, attributes: { kernel_shape: [2, 2], dilations: [2, 2] } };
    const cases: [string, () => Uint8Array, ...RegExp[]][] = [
      [
        'O1: an operator that wants FP16',
        () =>
          model(
            [{ ...microsoft('MatMulNBits', '/q', ['x', 'W', 's']), attributes: bits }],
            [value('x', row)],
            [value('y', row)],
            [tensor('W', types.uint8, [64, 2, 16], 2048), tensor('s', types.float, [128], 512)],
          ),
        /MatMulNBits "\/q": its input A must be FP16/,
      ],
      [
        'O2: an old opset',
        () =>
          model(
            [{ ...node('Add', 'a', ['x', 'b'], ['y']), attributes: { broadcast: 1, axis: 1 } }],
            [value('x', image), value('b', [4])],
            [value('y', image)],
            [],
            { opset: 6, irVersion: 3 },
          ),
        /opset is older than 7/,
        /opset 13 or newer/,
      ],
      [
        'O4: a known operator, used otherwise',
        () => model([dilated], [value('x', image)], [value('y', [1, 4, 14, 14])]),
        /MaxPool "\/pool": .*dilations other than 1/,
        /knows MaxPool/,
      ],
      [
        'O5: every operator, counted',
        () => onlyNodes(custom),
        /(GridX|RoiY|PoolZ) ×3, .* ×3, .* ×3: .*domain acme/,
      ],
      [
        "O7: ONNX Runtime's optimizer",
        () => onlyNodes([microsoft('FastGelu', 'g', ['x'])]),
        /fused by ONNX Runtime's optimizer/,
        /from before/,
      ],
      [
        'O8: integer operators',
        () =>
          model(
            [node('DynamicQuantizeLinear', 'q', ['x'], ['y', 's', 'z'])],
            [value('x', row)],
            [value('y', row, types.uint8)],
          ),
        /ONNX Runtime's integer quantization/,
        /QDQ/,
      ],
      [
        'O10: weights of a type that is not taken',
        () => quantizedProduct(types.e5m2, 4096, 19),
        /weights Wq are FLOAT8E5M2/,
      ],
      [
        'S1: a sequence',
        sequenceModel,
        /"frames" \(sequence\) can't be taken/,
        /No option of the build helps/,
      ],
      [
        'S3: values of a shape',
        () =>
          model(
            [node('Reshape', '/r', ['x', 'sizes'], ['y'])],
            [value('x', row), value('sizes', [2], types.int64)],
            [value('y', ['a', 'b'])],
          ),
        /"sizes" .*holds values/,
        /--profile sizes:/,
      ],
      ['F5: an archive', () => gzipSync(product()), /gzip archive/],
      [
        'F5: a Git LFS pointer',
        () =>
          Buffer.from(
            `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 99\n`,
          ),
        /stands for a model/,
        /git lfs pull/,
      ],
    ];
    itUnless(
      noDriverUnderWine,
      'F5: an engine, bare or in a wrapper, in the place of the model',
      async () => {
        const bare = await build('refused', engine17);
        says(bare, 1, /is not an ONNX model\. This is a TensorRT-RTX engine\.$/m);
        const wrapped = Buffer.concat([Buffer.from('TR01'), Buffer.alloc(60, 1), engine17]);
        says(await build('refused', wrapped), 1, /is an engine of TensorRT-RTX 1\.7\.1\.116/);
      },
    );

    for (const [title, bytes, ...patterns] of cases) {
      itUnless(noDriverUnderWine, title, async () => {
        const ran = await build('refused', bytes());
        // What an option or another model mends is wrong use.
        says(ran, /^S/.test(title) ? 2 : 1, ...patterns);
        assert.doesNotMatch(ran.said, /does not know this operator/);
        assert.ok(!fs.existsSync(at('refused.engine')));
      });
    }

    itUnless(noDriverUnderWine, 'O11: types that are mixed', async () => {
      const bytes = model(
        [node('Add', '/fc/Add', ['x', 'b'], ['y'])],
        [value('x', row, types.float16), value('b', row)],
        [value('y', row)],
      );
      says(await build('mixed', bytes), 1, /FP16 and FP32/, /Cast before \/fc\/Add/);
    });

    it('O12: warnings of a build that succeeds', async () => {
      const ran = await build('zeroPoint', qdq(types.uint8), '--json');
      says(ran, 0, /"libraryWarnings": \[\s*"[^"]*INT8/);
    });
  });

  it('N1: a name that leaves no room for the recipe is refused before building', async () => {
    const name = `${'n'.repeat(245)}.engine`;
    says(await ei('build', put('n.onnx', product()), '-o', name), 2, /too long for its recipe/);
    assert.deepEqual(
      fs.readdirSync(folder.path).filter((one) => one.startsWith('nn')),
      [],
    );
  });

  it('T1, T2: FP32 products on 7.5', async () => {
    const turing = ['--compute-capability', '7.5'];
    const old = await build('turing', product(), '--runtime', '1.6', ...turing);
    says(old, 0, /warning: .*reported to give zeros there/);
    const newest = await build('turing17', product(), ...turing);
    says(newest, 1, /convert the model to FP16, or leave 7\.5 out/i);
  });

  it('R1: 1.4 wants a GPU for quantized models', async () => {
    const ran = await build('r1', qdq(types.int8), '--runtime', '1.4');
    says(ran, 1, /1\.4\.0 needs a GPU to build quantized models/, /Use TensorRT-RTX 1\.5 or newer/);
  });

  it('R2: a version as --runtime', async () => {
    const ran = await check(put('r2.engine', engine16), '--runtime', '1.6');
    says(ran, 2, /Nothing is wrong with this file/);
    assert.doesNotMatch(ran.said, /Install/);
  });

  it('F1, F3: files of other programs', async () => {
    put('found/notes.plan', 'Monday\n  * paint the fence\n');
    put('found/build.plan', Buffer.from('PK\x03\x04', 'latin1'));
    put('found/board.engine', Buffer.from('Zug = Sf3\nGr\xf6\xdfe = 8\n', 'latin1'));
    says(await check('found', '--ext', '.plan'), 2, /Skipped 3 files/, /No engines were found/);
    put('found/good.engine', engine17);
    says(await check('found', '--ext', '.plan', ...laptop), 0, /Skipped 3 files/);
    says(await check('found/board.engine'), 1, /text file in another encoding/);
  });

  it('G1: what was right before', async () => {
    const weights = tensor('W', types.float, [64, 64], 4096 * 4);
    const outside = (location: string) =>
      model(
        [node('MatMul', 'm', ['x', 'W'], ['y'])],
        [value('x', row)],
        [value('y', row)],
        [{ ...weights, data: { location, offset: 0, length: 16384 } }],
      );
    const lost = put('ext/m.onnx', outside('m.data'));
    says(await ei('build', lost, '-o', 'g1.engine'), 1, /m\.data, which is not beside it/);
    put('ext/m.data', new Uint8Array(100));
    says(await ei('build', lost, '-o', 'g1.engine'), 1, /cut short/);
    put('ext/m.data', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 16384\n');
    says(await ei('build', lost, '-o', 'g1.engine'), 1, /Git LFS pointer/, /git lfs pull/);
    put('win/w.data', new Uint8Array(16384));
    const windows = put('win/m.onnx', outside('.\\w.data'));
    if (process.platform !== 'win32') {
      says(
        await ei('build', windows, '-o', 'g1.engine'),
        1,
        /with backslashes.*; w\.data is there/,
      );
    }
    put('case/W.data', new Uint8Array(16384));
    const otherCase = put('case/m.onnx', outside('w.data'));
    if (process.platform === 'linux') {
      says(
        await ei('build', otherCase, '-o', 'g1.engine'),
        1,
        /W\.data is, .* Rename it|Rename it to/,
      );
    }
    const spaced = model(
      [node('Relu', 'r', ['my input'], ['y'])],
      [value('my input', ['b', 8])],
      [value('y', ['b', 8])],
    );
    says(await build('spaced', spaced), 2, /--profile 'my input:1x8:1x8:4x8'/);
    const colon = model(
      [node('Relu', 'r', ['in:0'], ['y'])],
      [value('in:0', ['b', 8])],
      [value('y', ['b', 8])],
    );
    says(await build('colon', colon), 2, /--profile in:0:/);
    says(await build('colon', colon, '--profile', 'in:0:1x8:1x8:4x8'), 0, /built in/);
  });
});
