/**
 * The command line on a machine that has Node and nothing else: no compiler, no Python, no cargo, not even coreutils. A folder
 * with node, npm, sh, env and the libraries these link is the root (chroot); `npm install --global engine-inspector` asks a
 * registry on the loopback that has our packed tarballs and koffi's, and nothing besides.
 *
 *   npm run package -- --npm && npx tsx test/byHand/cleanMachine.ts      (Linux, as root)
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';

import { builtEngine, librariesOf, libraryOf } from '../../scripts/demoFolder';
import { writeSampleModel } from '../../scripts/makeSampleModel';
import { repositoryRoot, temporaryFolder } from '../harness';
import { newest } from '../support/releases';

const inRoot = (...parts: string[]) => path.join(repositoryRoot, ...parts);

/** A program and the libraries that it links, at their own places below root. */
function putProgram(root: string, program: string): void {
  putFile(root, program);
  putLibraries(root, program);
}

function putLibraries(root: string, program: string): void {
  const linked = execFileSync('ldd', [program], { encoding: 'utf8' });
  for (const [file] of linked.matchAll(/\/\S+\.so[.\d]*/g)) putFile(root, file);
}

function putFile(root: string, file: string): void {
  fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
  fs.copyFileSync(fs.realpathSync(file), path.join(root, file));
}

/** What `npm install` asks: GET /NAME for the manifest, GET /NAME.tgz for the package. */
async function startRegistry(tarballs: readonly string[]) {
  const packages = new Map(
    tarballs.map((file) => {
      const text = execFileSync('tar', ['-xzOf', file, 'package/package.json'], {
        encoding: 'utf8',
      });
      const manifest = JSON.parse(text) as { name: string; version: string };
      return [manifest.name, { manifest, bytes: fs.readFileSync(file) }] as const;
    }),
  );
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '').slice(1));
    asked.push(name);
    const found = packages.get(name.replace(/\.tgz$/, ''));
    if (found === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    } else if (name.endsWith('.tgz')) {
      response.end(found.bytes);
    } else {
      const { manifest, bytes } = found;
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      const tarball = `http://${request.headers.host}/${encodeURIComponent(name)}.tgz`;
      const versions = { [manifest.version]: { ...manifest, dist: { tarball, integrity } } };
      const text = { name, 'dist-tags': { latest: manifest.version }, versions };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(text));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, asked, close: () => server.close() };
}

async function main(): Promise<void> {
  const packed = temporaryFolder();
  for (const name of ['koffi', '@koromix/koffi-linux-x64']) {
    execFileSync(
      'npm',
      [
        ...['pack', inRoot('node_modules', name), '--ignore-scripts', '--silent'],
        ...['--pack-destination', packed.path],
      ],
      { cwd: packed.path },
    );
  }
  const ours = fs.readdirSync(inRoot('build/npm')).filter((name) => name.endsWith('.tgz'));
  const registry = await startRegistry([
    ...ours.map((name) => inRoot('build/npm', name)),
    ...fs.readdirSync(packed.path).map((name) => path.join(packed.path, name)),
  ]);
  const clean = temporaryFolder();
  const inClean = (...parts: string[]) => path.join(clean.path, ...parts);
  try {
    for (const folder of ['tmp', 'root', 'models', 'proc', 'opt']) fs.mkdirSync(inClean(folder));
    for (const program of ['/usr/bin/node', '/bin/sh', '/usr/bin/env']) {
      putProgram(clean.path, program);
    }
    // What every system has: glibc as a whole, and /dev/null.
    putLibraries(clean.path, libraryOf(newest));
    fs.mkdirSync(inClean('dev'));
    execFileSync('mknod', ['-m', '666', inClean('dev/null'), 'c', '1', '3']);
    const npm = path.dirname(
      path.dirname(fs.realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())),
    );
    fs.cpSync(npm, inClean('npm'), { recursive: true });
    fs.cpSync(librariesOf(newest), inClean('opt/tensorrt-rtx'), { recursive: true });

    const model = path.join(packed.path, 'model.onnx');
    writeSampleModel(model);
    const engine = await builtEngine('superResolution', model, newest);
    fs.copyFileSync(engine, inClean('models/model.engine'));

    const call = (command: string, args: readonly string[]) =>
      new Promise<{ code: number | null; output: string }>((resolve) => {
        const child = spawn('/usr/sbin/chroot', [clean.path, command, ...args], {
          cwd: '/',
          env: {
            PATH: '/usr/bin:/bin',
            HOME: '/root',
            TENSORRT_RTX_HOME: '/opt/tensorrt-rtx',
            npm_config_registry: registry.url,
          },
        });
        let output = '';
        const add = (part: Buffer) => (output += part.toString());
        child.stdout.on('data', add);
        child.stderr.on('data', add);
        child.once('close', (code) => resolve({ code, output }));
      });
    const told = async (title: string, command: string, args: readonly string[]) => {
      const { code, output } = await call(command, args);
      console.log(`\n== ${title} (ended with ${code})\n${output.trim()}`);
    };
    console.log(`In /usr/bin and /bin: ${fs.readdirSync(inClean('usr/bin')).join(' ')} sh`);
    await told('npm install --global engine-inspector', '/usr/bin/node', [
      ...['/npm/bin/npm-cli.js', 'install', '--global', '--prefix=/usr', '--no-audit'],
      ...['--no-fund', 'engine-inspector'],
    ]);
    console.log(`\nThe registry was asked for: ${[...new Set(registry.asked)].join(', ')}`);
    const program = '/usr/bin/engine-inspector';
    await told('--version', program, ['--version']);
    await told('check', program, ['check', '/models']);
    await told('check --target', program, ['check', '/models', '--target', 'rtx-4060,gtx-1650']);
    await told('targets', program, ['targets', 'rtx-5090']);
    await told('doctor', program, ['doctor']);
  } finally {
    registry.close();
    clean.remove();
    packed.remove();
  }
}

void main();
