import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { parse } from 'jsonc-parser';

import manifest from '../package.json';
import { repositoryRoot } from '../test/harness';
import { checks, suites } from './testSuites';

interface Launch {
  name: string;
  program?: string;
  args?: string | string[];
  preLaunchTask?: string;
}
interface Task {
  label?: string;
  type: string;
  script?: string;
  command?: string;
  dependsOn?: string;
  problemMatcher?: { background?: { beginsPattern: string; endsPattern: string } };
}

const text = (name: string): string => fs.readFileSync(path.join(repositoryRoot, name), 'utf8');
const read = <T>(name: string): T => parse(text(name)) as T;
const scripts = Object.keys(manifest.scripts);

describe('.vscode, .devcontainer and CONTRIBUTING.md', () => {
  const { configurations } = read<{ configurations: Launch[] }>('.vscode/launch.json');
  const { tasks } = read<{ tasks: Task[] }>('.vscode/tasks.json');
  const labels = tasks.map(({ label }) => label);

  it('what launch.json starts exists', () => {
    for (const { name, program, args = [], preLaunchTask } of configurations) {
      assert.ok(preLaunchTask === undefined || labels.includes(preLaunchTask), name);
      const named = [program ?? '', ...(Array.isArray(args) ? args : [])];
      for (const [, file = ''] of named.join(' ').matchAll(/\$\{workspaceFolder\}\/(\S+)/g)) {
        if (file.startsWith('test-results/')) continue;
        // Bundles are made from sources of the same name.
        const source = file.replace(/^dist\/test\//, 'test/').replace(/^(test\/.*)\.js$/, '$1.ts');
        assert.ok(fs.existsSync(path.join(repositoryRoot, source)), `${name}: ${file}`);
      }
    }
  });

  it('what tasks.json runs exists', () => {
    for (const { type, script = '', command = '', dependsOn } of tasks) {
      if (type === 'npm') assert.ok(scripts.includes(script), script);
      assert.ok(dependsOn === undefined || labels.includes(dependsOn), dependsOn);
      const [, file] = /tsx (\S+)/.exec(command) ?? [];
      if (file !== undefined) assert.ok(fs.existsSync(path.join(repositoryRoot, file)), file);
    }
  });

  it('the watch task waits for lines that the bundler prints', () => {
    const background = tasks.find(({ label }) => label === 'watch')?.problemMatcher?.background;
    const printed = [...text('esbuild.js').matchAll(/console\.log\(['`](watch: [^'`$]+)/g)].map(
      ([, line = '']) => line,
    );
    for (const pattern of [background?.beginsPattern, background?.endsPattern]) {
      assert.ok(pattern !== undefined && printed.some((line) => new RegExp(pattern).test(line)));
    }
  });

  it('the container has every tool that set-up asks for', () => {
    const dockerfile = text('.devcontainer/Dockerfile');
    const apt = [...text('scripts/setup/tools.mjs').matchAll(/apt: '([^']+)'/g)];
    assert.ok(apt.length > 3);
    for (const [, packages = ''] of apt) {
      for (const name of packages.split(' ')) {
        assert.match(
          dockerfile,
          new RegExp(`\\b${name.replaceAll('+', '\\+').replace(/^make$/, 'ninja-build')}`),
        );
      }
    }
  });

  it('CONTRIBUTING.md names every check and suite, and files that exist', () => {
    const guide = text('CONTRIBUTING.md');
    for (const { name } of [...checks, ...suites]) {
      assert.match(guide, new RegExp(`\\| \`${name}\``), name);
    }
    for (const [, file = ''] of guide.matchAll(
      /`((?:src|scripts|test|docs|native-shim)\/[\w./-]+)`/g,
    )) {
      assert.ok(fs.existsSync(path.join(repositoryRoot, file)), file);
    }
    for (const [, script = ''] of guide.matchAll(/npm run (?:-s )?(\w+)/g)) {
      assert.ok(scripts.includes(script), script);
    }
  });
});
