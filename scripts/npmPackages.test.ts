import * as assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { makeNpmPackages } from './npmPackages.mjs';
import { repositoryRoot, temporaryFolder } from '../test/harness';
import { newest } from '../test/support/releases';
import { libraryOf } from './demoFolder';
import { expectedList, isOfNvidia, listOf, namesIn } from './packageLists';

const target = `${process.platform}-${process.arch}`;

describe('the npm packages', function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  const installed = path.join(folder.path, 'node_modules');
  let packed: string[];
  after(() => folder.remove());

  /** What npm does with a tarball, and with the dependencies that are here already. */
  const install = (tarball: string, name: string): void => {
    fs.mkdirSync(path.join(installed, name), { recursive: true });
    execFileSync('tar', [
      ...['-xzf', path.join(repositoryRoot, tarball), '--strip-components=1'],
      ...['-C', path.join(installed, name)],
    ]);
  };
  const call = (...args: string[]) => {
    const library = path.dirname(libraryOf(newest));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(installed, 'engine-inspector/dist/cli.js'), ...args],
      {
        cwd: folder.path,
        encoding: 'utf8',
        env: { ...process.env, TENSORRT_RTX_HOME: library, NODE_PATH: '' },
      },
    );
    return { status, stdout, stderr };
  };
  const tarballOf = (name: string): string => {
    const found = packed.find((file) => path.basename(file).startsWith(`${name}-0.`));
    assert.ok(found, `${name} was not packed`);
    return found;
  };

  before(async () => {
    packed = await makeNpmPackages();
    install(tarballOf('engine-inspector'), 'engine-inspector');
  });

  it('hold the command line and nothing else, and no script runs when they are installed', () => {
    for (const name of ['engine-inspector', `engine-inspector-shim-${target}`]) {
      const names = namesIn(path.join(repositoryRoot, tarballOf(name)));
      assert.equal(
        listOf(names),
        expectedList(`npm-${name}`),
        'is this meant? Then: npm run package -- --npm, and npx tsx scripts/packageLists.ts',
      );
      assert.deepEqual(names.filter(isOfNvidia), []);
    }
    for (const name of ['engine-inspector', `engine-inspector-shim-${target}`]) {
      const manifest = JSON.parse(
        fs.readFileSync(path.join(repositoryRoot, 'build/npm', name, 'package.json'), 'utf8'),
      ) as Record<string, unknown>;
      assert.equal(manifest['scripts'], undefined);
      assert.equal(manifest['private'], undefined);
    }
    for (const file of packed) {
      assert.ok(fs.statSync(path.join(repositoryRoot, file)).size < 6_000_000, file);
    }
  });

  it('work without the native part: what a file says by itself is told', () => {
    fs.writeFileSync(path.join(folder.path, 'page.engine'), '<!DOCTYPE html><html></html>');
    const { status, stdout } = call('check', 'page.engine', '--json');
    assert.equal(status, 1);
    const [report] = JSON.parse(stdout) as { kind: string }[];
    assert.equal(report?.kind, 'html');
    const runtimes = call('runtimes');
    assert.equal(runtimes.status, 2);
    assert.match(runtimes.stderr, /native part of Engine Inspector .* is missing/);
    const gpu = call('gpu');
    assert.equal(gpu.status, 2);
    assert.match(gpu.stdout + gpu.stderr, /native part of Engine Inspector .* is missing/);
  });

  it('ask the real TensorRT-RTX where npm installed the native part beside it', () => {
    install(tarballOf(`engine-inspector-shim-${target}`), `engine-inspector-shim-${target}`);
    for (const name of ['koffi', `@koromix/koffi-${target}`]) {
      fs.cpSync(path.join(repositoryRoot, 'node_modules', name), path.join(installed, name), {
        recursive: true,
      });
    }
    const { status, stdout, stderr } = call('runtimes', '--json');
    assert.equal(status, 0, stderr);
    const [runtime] = JSON.parse(stdout) as { version: string; used: boolean }[];
    assert.equal(runtime?.version, newest);
    fs.writeFileSync(path.join(folder.path, 'zeros.engine'), Buffer.alloc(100));
    const [report] = JSON.parse(call('check', 'zeros.engine', '--json').stdout) as {
      kind: string;
      runtime: { version: string } | null;
    }[];
    assert.equal(report?.kind, 'zeros');
    assert.equal(report?.runtime?.version, newest);
  });

  it('open koffi’s binary by themselves where npm puts it, and ask koffi where it lies elsewhere', () => {
    const asked = () => {
      const { stdout, stderr } = call('check', 'zeros.engine', '--json');
      assert.match(stdout, new RegExp(`"version": "${newest}"`), stderr);
    };
    const inKoffi = path.join(installed, 'koffi');
    const aside = path.join(folder.path, 'koffi');
    fs.renameSync(inKoffi, aside);
    asked();
    fs.renameSync(aside, inKoffi);
    fs.mkdirSync(path.join(inKoffi, 'node_modules'));
    fs.renameSync(path.join(installed, '@koromix'), path.join(inKoffi, 'node_modules/@koromix'));
    asked();
  });
});
