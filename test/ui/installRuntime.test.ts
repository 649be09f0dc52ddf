/**
 * "Install TensorRT-RTX…" as a person clicks it. The only Python on PATH is a stand-in, whose pip answers what a file says and
 * otherwise puts the libraries that set-up fetched where it is told to.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { librariesOf } from '../../scripts/demoFolder';
import { writeEngine } from '../support/engineFiles';
import { newest } from '../support/releases';
import { useVSCode } from './support/useVSCode';

const python = (answer: string): string => `#!/bin/sh
answer=$(/bin/cat '${answer}')
for argument; do
  [ "$before" = --target ] && target=$argument
  before=$argument
done
case "$*" in
  *'import pip'*) echo 3; [ "$answer" != no-pip ] ;;
  *'pip --version') echo 'pip 24.2 from nowhere' ;;
  *)
    if [ "$answer" = offline ]; then
      echo 'WARNING: Retrying after connection broken by NewConnectionError: Temporary failure in name resolution' >&2
      exit 1
    fi
    echo "$HTTPS_PROXY except $NO_PROXY" > '${answer}.proxy'
    /bin/mkdir -p "$target/tensorrt_rtx_libs"
    /bin/cp '${librariesOf(newest)}'/*.so* "$target/tensorrt_rtx_libs"
    ;;
esac
`;

const proxy = 'http://proxy.invalid:3128';

describe('Install TensorRT-RTX…, clicked', () => {
  let answer: string;
  const used = useVSCode('install', (folder) => {
    writeEngine(path.join(folder, 'model.engine'), { version: newest });
    const bin = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-python-'));
    answer = path.join(bin, 'answer');
    fs.writeFileSync(answer, '');
    fs.writeFileSync(path.join(bin, 'python3'), python(answer), { mode: 0o755 });
    // VS Code asks the login shell for PATH, which makes one of its own.
    fs.writeFileSync(path.join(bin, '.profile'), `PATH='${bin}'\n`);
    return {
      env: { PATH: bin, HOME: bin, SHELL: '/bin/sh', LD_LIBRARY_PATH: undefined },
      settings: { 'http.proxy': proxy, 'http.noProxy': ['intranet'] },
    };
  });
  after(() => fs.rmSync(path.dirname(answer), { recursive: true }));

  const installed = (): string[] => {
    const storage = path.join(
      used.vscode.server.folder,
      'user/User/globalStorage/engine-inspector.engine-inspector-tensorrt-rtx/tensorrt-rtx',
    );
    return fs.existsSync(storage) ? fs.readdirSync(storage) : [];
  };
  const dialog = () => used.workbench.page.locator('.monaco-dialog-box');
  const question = `Install TensorRT-RTX ${newest}?`;
  const choose = async (): Promise<void> => {
    await used.workbench.runCommand('Engine Inspector: Install TensorRT-RTX…');
    await used.workbench.pick(`TensorRT-RTX ${newest}`);
    await dialog().getByText(question).waitFor();
  };

  it('shows NVIDIA’s licence first, and installs nothing without a yes', async () => {
    await choose();
    await dialog().getByText("NVIDIA's licence").waitFor();
    await dialog().getByRole('button', { name: 'Read the Licence' }).waitFor();
    await used.workbench.picture('install-licence');
    await used.workbench.answer(question, 'Cancel');
    assert.deepEqual(installed(), []);
  });

  const failures = [
    ['no-pip', 'has no pip', 'apt install python3-pip'],
    ['offline', 'the package index could not be reached', 'Check the network connection'],
  ] as const;
  for (const [how, cause, step] of failures) {
    it(`says why it failed and what helps: ${how}`, async () => {
      fs.writeFileSync(answer, how);
      await choose();
      await used.workbench.answer(question, 'Accept and Install');
      const told = used.workbench.notification(cause);
      await told.filter({ hasText: step }).waitFor();
      await used.workbench.picture(`install-${how}`);
      assert.deepEqual(installed(), []);
      await used.workbench.runCommand('Notifications: Clear All Notifications');
    });
  }

  it('installs, and checks the engine that is open with it', async function () {
    this.timeout(120_000);
    fs.writeFileSync(answer, '');
    await used.workbench.openFile('model.engine');
    const page = used.workbench.webview();
    await page.locator('#headline').waitFor();
    assert.equal(await page.getByText('the version here').count(), 0);
    await choose();
    await used.workbench.answer(question, 'Accept and Install');
    await page.getByText('the version here').first().waitFor({ timeout: 60_000 });
    await used.workbench.picture('install-done');
    assert.deepEqual(installed(), [newest]);
    const told = fs.readFileSync(`${answer}.proxy`, 'utf8');
    assert.equal(told, `${proxy} except intranet\n`, 'pip knows of the proxy of VS Code');
  });
});
