/**
 * Stands where @vscode/test-electron expects the executable of a desktop VS Code: takes its arguments, runs the tests in
 * code-server with Chromium, ends with the code of the tests. Started through the executable file `code` beside this.
 */
import * as fs from 'node:fs';
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';

import { startVSCode } from './vscode';

const timeLimit = 10 * 60_000;

/** Ends us, and with us VS Code, when the runner is gone: its signals do not always reach us. */
function endWithTheRunner(): void {
  const stdin = fs.fstatSync(0);
  if (!stdin.isFIFO() && !stdin.isSocket()) return;
  process.stdin.once('end', () => process.exit(143)).resume();
  (process.stdin as Socket).unref();
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    strict: false,
    allowPositionals: true,
    options: {
      extensionDevelopmentPath: { type: 'string' },
      extensionTestsPath: { type: 'string' },
      'disable-workspace-trust': { type: 'boolean' },
    },
  });
  const { extensionDevelopmentPath, extensionTestsPath } = values;
  const workspace = positionals[0];
  if (
    typeof extensionDevelopmentPath !== 'string' ||
    typeof extensionTestsPath !== 'string' ||
    workspace === undefined
  ) {
    console.error('expected: WORKSPACE --extensionDevelopmentPath=… --extensionTestsPath=…');
    return 2;
  }
  const vscode = await startVSCode({
    workspace,
    extension: { folder: extensionDevelopmentPath, testsModule: extensionTestsPath },
    trusted: values['disable-workspace-trust'] === true,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the tests did not end')), timeLimit);
    });
    return await Promise.race([vscode.testsExit, late]);
  } catch (error) {
    vscode.server.keepProfile();
    console.error(error, `\nlogs: ${vscode.server.folder}`);
    return 3;
  } finally {
    clearTimeout(timer);
    await vscode.close();
  }
}

endWithTheRunner();
void main().then((code) => {
  process.exitCode = code;
});
