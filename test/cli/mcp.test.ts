/** `engine-inspector mcp`, driven by the protocol's own client: dist/cli.js in a process of its own, real libraries. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, type ClientCapabilities } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { writeSampleModel } from '../../scripts/makeSampleModel';
import { optionsFingerprint, writeRecipe } from '../../src/core/rebuild/recipe';
import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  builtEngine,
  cliMain,
  environmentWithoutRuntimes,
  libraryOf,
  libraryPathVariable,
} from '../support/builtEngines';
import { writeEngine } from '../support/engineFiles';
import { itUnless, onWindows } from '../support/leaveOut';
import { newest } from '../support/releases';

interface Wishes {
  args?: string[];
  capabilities?: ClientCapabilities;
  modern?: boolean;
  roots?: string[];
  /** What the person answers; throws where nobody may be asked. */
  say?: (message: string) => { action: 'accept' | 'decline'; content?: Record<string, boolean> };
}

describe('mcp', () => {
  let folder: TemporaryFolder;
  let outside: TemporaryFolder;
  const inFolder = (...parts: string[]) => path.join(folder.path, ...parts);
  const clients: Client[] = [];

  before(async () => {
    folder = temporaryFolder();
    outside = temporaryFolder();
    fs.mkdirSync(inFolder('m'));
    fs.copyFileSync(await builtEngine(newest), inFolder('m', 'good.engine'));
    writeEngine(inFolder('m', 'old.engine'), { version: '1.4.0.76' });
    writeEngine(inFolder('m', 'large.engine'), { version: newest, weightBytes: 9e9 });
    fs.writeFileSync(inFolder('m', 'page.plan'), '{"a plan": "of another program"}');
    writeEngine(path.join(outside.path, 'secret.engine'), { version: newest });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });
  after(() => {
    folder.remove();
    outside.remove();
  });

  async function start({
    args = ['--folder', folder.path],
    capabilities = {},
    modern = false,
    roots = [],
    say,
  }: Wishes = {}): Promise<Client> {
    const client = new Client(
      { name: 'test', version: '1' },
      { capabilities, ...(modern ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {}) },
    );
    clients.push(client);
    if (capabilities.roots) {
      client.setRequestHandler('roots/list', () => ({
        roots: roots.map((root) => ({ uri: pathToFileURL(root).href })),
      }));
    }
    if (capabilities.elicitation) {
      client.setRequestHandler('elicitation/create', ({ params }) => {
        if (!say) throw new Error('nobody was to be asked');
        return say(params.message);
      });
    }
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [cliMain, 'mcp', ...args],
        cwd: outside.path,
        env: {
          ...(environmentWithoutRuntimes() as Record<string, string>),
          [libraryPathVariable]: path.dirname(libraryOf(newest)),
        },
        stderr: 'inherit',
      }),
    );
    return client;
  }
  const call = async (client: Client, name: string, args: Record<string, unknown> = {}) => {
    const result = await client.callTool({ name, arguments: args });
    const [content] = result.content;
    assert.ok(content?.type === 'text');
    return {
      text: content.text,
      isError: result.isError === true,
      data: result.structuredContent as never,
    };
  };

  it('lists its tools with what each of them may do', async () => {
    const client = await start();
    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map(({ name, annotations }) => [
        name,
        annotations?.readOnlyHint,
        annotations?.destructiveHint ?? false,
      ]),
      [
        ['check_engines', true, false],
        ['explain_engine', true, false],
        ['predict_targets', true, false],
        ['list_gpus_and_runtimes', true, false],
        ['build_engine', false, true],
      ],
    );
    for (const { description, inputSchema } of tools) {
      assert.ok((description ?? '').length > 100);
      assert.equal(inputSchema.type, 'object');
    }
    assert.match(client.getInstructions() ?? '', /TensorRT-RTX/);
  });

  it('checks a folder: counts, what is wrong first, what helps', async () => {
    const client = await start();
    const { text, data, isError } = await call(client, 'check_engines', { paths: ['m'] });
    assert.equal(isError, false, text);
    assert.match(text, /^3 engines: /);
    assert.match(text, /old\.engine: .*\n {2}(error|warning): .*1\.4\.0/);
    assert.match(text, /helps: /);
    assert.match(text, /not engines: 1/);
    const { files } = data as { files: { file: string; reasons: { id: string }[] }[] };
    assert.ok(files[0]?.file.endsWith('old.engine'));
    assert.equal(files.length, 3);
    const one = await call(client, 'check_engines', { paths: ['m'], limit: 1 });
    assert.match(one.text, /2 more are not listed/);
  });

  it('explains an engine with the answer of TensorRT-RTX', async () => {
    const client = await start();
    const { text, data } = await call(client, 'explain_engine', {
      path: inFolder('m/good.engine'),
    });
    assert.match(text, /Engine and machine/);
    const { header, runtime } = data as {
      header: { version: string };
      runtime: { version: string };
    };
    assert.equal(header.version, newest);
    assert.equal(runtime.version, newest);
  });

  it('predicts targets, and says what can be named where a name is wrong or missing', async () => {
    const client = await start();
    const { text, data } = await call(client, 'predict_targets', {
      paths: ['m/large.engine'],
      targets: ['rtx-4060-laptop', 'rtx-5090'],
      tensorrtRtx: '1.7.1',
    });
    assert.match(text, /rtx-4060-laptop: needs weight streaming\. .+\n {2}rtx-5090: runs$/m);
    const { files } = data as { files: { targets: { cell: string }[] }[] };
    assert.deepEqual(
      files[0]?.targets.map(({ cell }) => cell),
      ['needs-weight-streaming', 'runs'],
    );
    const wrong = await call(client, 'predict_targets', {
      paths: ['m'],
      targets: ['rtx-4600-laptop'],
    });
    assert.equal(wrong.isError, true);
    assert.match(wrong.text, /Did you mean rtx-4060-laptop/);
    const none = await call(client, 'predict_targets', { paths: ['m'] });
    assert.match(none.text, /No targets were named.*\nName boards in targets, such as rtx-5090/);
    fs.writeFileSync(inFolder('m/engine-inspector.json'), '{ "targets": ["gb10"] } // ours');
    const own = await call(client, 'predict_targets', { paths: ['m/good.engine'] });
    fs.rmSync(inFolder('m/engine-inspector.json'));
    assert.match(own.text, /Targets: gb10 /);
  });

  it('predicts with what the recipe records, as check does', async () => {
    const options = defaultEngineOptions();
    const recipe = writeRecipe({
      model: { path: 'm.onnx', sha256: null, size: null, externalData: [] },
      options,
      built: {
        ...{ tensorrtRtx: newest, gpu: null, driver: null, durationMs: 1 },
        finishedAt: '2026-11-22T17:35:00.000Z',
        optionsFingerprint: optionsFingerprint(options),
      },
      engine: {
        ...{ file: 'large.engine', sha256: '0'.repeat(64) },
        size: fs.statSync(inFolder('m/large.engine')).size,
      },
      requirements: [{ what: 'FP8 values', withoutCode: ['8.6'] }],
    });
    fs.writeFileSync(inFolder('m/large.engine.json'), recipe);
    const args = { paths: ['m/large.engine'], targets: ['rtx-3090'] };
    const { text } = await call(await start(), 'predict_targets', args);
    fs.rmSync(inFolder('m/large.engine.json'));
    assert.match(text, /rtx-3090: no code for it\. .*FP8 values/);
  });

  it('lists the libraries that it asks and the boards that it knows', async () => {
    const client = await start();
    const { text, data } = await call(client, 'list_gpus_and_runtimes', { boards: true });
    const { runtimes } = data as { runtimes: { version: string; used: boolean }[] };
    assert.deepEqual(
      runtimes.filter(({ used }) => used).map(({ version }) => version),
      [newest],
    );
    assert.match(text, /rtx-4060-laptop: 8\.9, 8 GB/);
  });

  it('stays inside its folders: other paths, paths with dots, and links', async function () {
    const client = await start();
    const secret = path.join(outside.path, 'secret.engine');
    const links = process.platform === 'win32' ? [] : ['link.engine', 'linked'];
    if (links.length > 0) {
      fs.symlinkSync(secret, inFolder('link.engine'));
      fs.symlinkSync(outside.path, inFolder('linked'));
      fs.symlinkSync(path.join(outside.path, 'new.engine'), inFolder('new.engine'));
    }
    try {
      const escapes = [
        secret,
        // It is not there: nobody looks.
        path.join(outside.path, 'nothing.engine'),
        path.join('..', path.basename(outside.path), 'secret.engine'),
        pathToFileURL(secret).href,
        // Not asked for at all: another machine would see who asks.
        '//server/share/m.engine',
        '/dev/watchdog',
        ...(links.length > 0 ? ['link.engine', 'linked/secret.engine'] : []),
      ];
      for (const escape of escapes) {
        for (const [tool, args] of [
          ['check_engines', { paths: [escape] }],
          ['explain_engine', { path: escape }],
          ['predict_targets', { paths: [escape], targets: ['gb10'] }],
          ['build_engine', { model: escape }],
        ] as const) {
          const { text, isError } = await call(client, tool, args);
          assert.equal(isError, true, `${tool} ${escape}`);
          assert.match(text, /is outside the folders that this server may use\.\nThey are /);
        }
      }
      const { text } = await call(client, 'check_engines', { paths: ['.'] });
      assert.match(text, /^3 engines/);
      assert.ok(!text.includes('secret'), text);
      writeSampleModel(inFolder('x.onnx'), { fixedShape: true });
      const ways = [
        path.join(outside.path, 'x.engine'),
        ...(links.length > 0 ? ['new.engine', 'linked/x.engine'] : []),
      ];
      for (const engine of ways) {
        const built = await call(client, 'build_engine', { model: 'x.onnx', engine });
        assert.equal(built.isError, true, engine);
        assert.match(built.text, /outside the folders|is not there/, engine);
      }
    } finally {
      for (const name of ['link.engine', 'linked', 'new.engine', 'x.onnx']) {
        fs.rmSync(inFolder(name), { force: true });
      }
    }
    assert.deepEqual(fs.readdirSync(outside.path), ['secret.engine']);
  });

  for (const modern of [false, true]) {
    const protocol = modern ? 'the protocol of 2026' : 'the protocol of 2025';

    it(`uses the roots of the program where no folder is given (${protocol})`, async () => {
      const asked = await start({
        ...{ args: [], modern, capabilities: { roots: {} }, roots: [folder.path] },
      });
      const { text } = await call(asked, 'check_engines', { paths: ['m/old.engine'] });
      assert.match(text, /^1 engine: /);
      const none = await start({ args: [], modern });
      const refused = await call(none, 'check_engines', { paths: ['m'] });
      assert.equal(refused.isError, true);
      assert.match(refused.text, /No folder was given .*\n.*--folder/);
    });

    it(`builds after the person said yes, and only then (${protocol})`, async () => {
      writeSampleModel(inFolder('sample.onnx'), { fixedShape: true });
      const build = { model: 'sample.onnx', engine: 'sample.engine', computeCapabilities: ['8.9'] };
      const unable = await start({ modern });
      const refused = await call(unable, 'build_engine', build);
      assert.equal(refused.isError, true);
      assert.match(refused.text, /can't ask the user/);
      assert.match(
        refused.text,
        /engine-inspector build .*sample\.onnx.* --compute-capability 8\.9/,
      );

      const asked: string[] = [];
      let action: 'accept' | 'decline' = 'decline';
      const client = await start({
        ...{ modern, capabilities: { elicitation: { form: {} } } },
        say: (message) => {
          asked.push(message);
          return action === 'accept' ? { action, content: { build: true } } : { action };
        },
      });
      const declined = await call(client, 'build_engine', build);
      assert.equal(declined.isError, true);
      assert.match(declined.text, /does not want this build; nothing was changed/);
      assert.equal(fs.existsSync(inFolder('sample.engine')), false);
      action = 'accept';
      const built = await call(client, 'build_engine', build);
      assert.equal(built.isError, false, built.text);
      assert.match(built.text, /sample\.engine: built in /);
      assert.ok(fs.existsSync(inFolder('sample.engine.json')));
      action = 'decline';
      await call(client, 'build_engine', { recipe: 'sample.engine.json' });
      assert.equal(asked.length, 3);
      assert.match(asked[1] ?? '', /^Build .*sample\.engine from .*sample\.onnx with TensorRT-RTX/);
      assert.match(asked[2] ?? '', /is replaced and kept as \.bak/);
      for (const name of fs.readdirSync(folder.path)) {
        if (name.startsWith('sample.')) fs.rmSync(inFolder(name));
      }
    });
  }

  it('says what is wrong with a call in words, and goes on', async () => {
    const client = await start();
    const missing = await call(client, 'explain_engine', { path: 'none.engine' });
    assert.match(
      missing.text,
      /none\.engine is not there, or can't be read\.\nGive an absolute path/,
    );
    const wrong = await call(client, 'check_engines', { paths: 'm' }).catch((error: Error) => ({
      text: error.message,
    }));
    assert.match(wrong.text, /paths/);
    const empty = await call(client, 'build_engine', {});
    assert.match(empty.text, /Neither a model nor a recipe was named/);
    writeSampleModel(inFolder('dynamic.onnx'));
    const range = await call(client, 'build_engine', {
      model: 'dynamic.onnx',
      profiles: ['image'],
    });
    assert.match(range.text, /image/);
    fs.rmSync(inFolder('dynamic.onnx'));
    const { text } = await call(client, 'explain_engine', { path: 'm/old.engine' });
    assert.match(text, /1\.4\.0/);
  });

  itUnless(
    onWindows('a process without standard input ends in another way there'),
    'ends when the program goes away, and refuses folders that are none',
    () => {
      const options = { cwd: outside.path, encoding: 'utf8', input: '', timeout: 20_000 } as const;
      const gone = spawnSync(process.execPath, [cliMain, 'mcp', '--folder', '.'], options);
      assert.deepEqual([gone.status, gone.stdout], [0, '']);
      const none = spawnSync(process.execPath, [cliMain, 'mcp', '--folder', 'none'], options);
      assert.equal(none.status, 2);
      assert.match(
        none.stderr,
        /^none: none is a folder that can be read\.\nAsk the user to start engine-inspector mcp with --folder/,
      );
    },
  );
});
