/**
 * `npm run demo [-- --headless]`: builds real engines from the sample model, breaks copies of them, prints what the
 * command line says of each, and shows the folder in VS Code: the installed `code` with a profile of its own, else
 * code-server for your browser. --headless takes pictures of it instead and ends.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';

import {
  packagedVsix,
  repositoryRoot,
  startCodeServer,
  startVSCode,
  Workbench,
  type Theme,
} from '../test/harness';
import { librariesOf, makeDemoFolder } from './demoFolder';
import { newest, older } from '../test/support/releases';

const demoFolder = path.join(repositoryRoot, '.deps/demo/engines');
const picturesFolder = path.join(repositoryRoot, 'test-results/demo');

/** The libraries that set-up fetched come last, so that an installed TensorRT-RTX is the one that is asked. */
function environment(): Record<string, string> {
  const variable = process.platform === 'win32' ? 'PATH' : 'LD_LIBRARY_PATH';
  const folders = [process.env[variable], librariesOf(newest), librariesOf(older)];
  return { [variable]: folders.filter((folder) => folder).join(path.delimiter) };
}

function printReports(): void {
  const cli = path.join(repositoryRoot, 'dist/cli.js');
  const { status, error } = spawnSync(process.execPath, [cli, 'check', '.'], {
    cwd: demoFolder,
    env: { ...process.env, ...environment() },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined) throw error;
  if (status !== 0 && status !== 1 && status !== 2) {
    throw new Error(`the command line ended with ${status}`);
  }
}

async function takePictures(theme: Theme): Promise<string[]> {
  const vscode = await startVSCode({
    workspace: demoFolder,
    extension: { vsix: packagedVsix },
    env: environment(),
    theme,
  });
  const pictures: string[] = [];
  try {
    const workbench = new Workbench(vscode);
    const take = async (name: string): Promise<void> => {
      pictures.push(await workbench.picture(name, picturesFolder));
    };
    const open = async (name: string): Promise<void> => {
      await workbench.openFile(name);
      await workbench.webview().locator('#headline').waitFor();
      await vscode.page.waitForTimeout(1500); // a picture, not a test: let everything come to rest
    };
    await open('superResolution.engine');
    await take('page');
    await open('otherVersion.engine');
    await workbench.showProblems();
    await workbench.problem('.engine').first().waitFor();
    await take('problems');
    await workbench.showViewContainer('Engine Inspector');
    await workbench.treeRow('superResolution.engine').first().waitFor();
    await vscode.page.waitForTimeout(1500);
    await take('tree');
  } catch (error) {
    pictures.push(await new Workbench(vscode).picture('failed', picturesFolder));
    console.error(vscode.server.log().slice(-2000));
    throw error;
  } finally {
    await vscode.close();
  }
  return pictures;
}

/** A desktop VS Code with a profile of its own: the user's settings and extensions stay as they are. */
async function openDesktop(code: string): Promise<void> {
  const profile = path.join(repositoryRoot, '.deps/demo/vscode');
  const own = [
    ...['--user-data-dir', path.join(profile, 'user')],
    ...['--extensions-dir', path.join(profile, 'extensions')],
  ];
  // A .cmd file runs in a shell only, which takes what has blanks in quotes: C:\Program Files, a user's name.
  const shell = process.platform === 'win32';
  const quoted = (words: readonly string[]): string[] =>
    shell ? words.map((word) => `"${word}"`) : [...words];
  const [program = code] = quoted([code]);
  await promisify(execFile)(
    program,
    quoted([...own, '--install-extension', packagedVsix, '--force']),
    { shell },
  );
  spawn(program, quoted([...own, '--disable-workspace-trust', '--new-window', demoFolder]), {
    env: { ...process.env, ...environment() },
    stdio: 'ignore',
    detached: true,
    shell,
  }).unref();
  console.log(`\nVS Code opens ${demoFolder} with a profile of its own.`);
}

async function openInBrowser(): Promise<void> {
  const password = randomBytes(9).toString('base64url');
  const server = await startCodeServer({
    extensions: [packagedVsix],
    env: environment(),
    password,
  });
  const url = `${server.url}?folder=${encodeURIComponent(demoFolder)}`;
  console.log(`\nVS Code is at ${url}\npassword: ${password}\nCtrl+C ends it.`);
  await server.died;
}

function findDesktop(): string | undefined {
  const hasScreen =
    process.platform !== 'linux' ||
    process.env['DISPLAY'] !== undefined ||
    process.env['WAYLAND_DISPLAY'] !== undefined;
  if (!hasScreen) return undefined;
  const name = process.platform === 'win32' ? 'code.cmd' : 'code';
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => fs.existsSync(file));
}

async function main(): Promise<void> {
  const headless = process.argv.includes('--headless');
  console.log(`Engines of the demo, in ${path.relative(process.cwd(), demoFolder)}:`);
  const files = await makeDemoFolder(demoFolder);
  for (const { name, about } of files) console.log(`  ${name.padEnd(24)} ${about}`);
  console.log('\nWhat the command line says (engine-inspector check .):\n');
  printReports();
  if (headless) {
    fs.rmSync(picturesFolder, { recursive: true, force: true });
    const pictures = [...(await takePictures('dark')), ...(await takePictures('light'))];
    console.log(`\nPictures of VS Code with these engines are in ${picturesFolder}:`);
    for (const picture of pictures) console.log(`  ${path.basename(picture)}`);
    return;
  }
  const code = findDesktop();
  if (code === undefined) await openInBrowser();
  else await openDesktop(code);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
