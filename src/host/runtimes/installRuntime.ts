/**
 * "Install TensorRT-RTX": NVIDIA's wheel tensorrt-rtx-cu13-libs from PyPI, by name, version and pinned SHA-256, into a
 * folder of ours. pip, or uv, downloads and checks; nothing is installed into anyone's Python environment. All or nothing: it is
 * unpacked into a temporary folder and renamed when it is whole.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { releases } from '../../../tensorrt-rtx.json';
import { plainText } from '../../core/text/plainText';
import { cleanEnvironment } from '../engineHost/hostEnvironment';
import { isRunning } from '../files/isRunning';
import { asFailure, Failure } from '../../core/wire/failure';
import { recordLibraries, refuseChangedInstall } from './installedRuntime';
import { isLibraryName } from './libraryFile';
import { readLibraryFile } from './libraryFileAsync';
import { liesInside } from './liesInside';

/** What a user accepts by installing; shown before. */
export const licenceUrl =
  'https://docs.nvidia.com/deeplearning/tensorrt-rtx/latest/reference/sla.html';
export const packageName = 'tensorrt-rtx-cu13-libs';

interface Wheel {
  version: string;
  /** SHA-256 of the wheel by platform and architecture. */
  sha256: Readonly<Record<string, string>>;
  /** About this much is downloaded; bytes. */
  downloadBytes: number;
}

/** Newest first. */
export const installableRuntimes: readonly Wheel[] = releases
  .map(({ version, wheels, downloadBytes }) => ({ version, sha256: wheels, downloadBytes }))
  .reverse();

export interface InstallProgress {
  /** What is being done, for a person: "Downloading (95 MB)". */
  step: string;
  /** 0 to 1; null: cannot be known. */
  fraction: number | null;
}

export interface Proxy {
  /** http://NAME:PASSWORD@HOST:PORT */
  url: string;
  /** Hosts that are asked without it. */
  except: readonly string[];
}

export interface InstallOptions {
  version: string;
  /** Of the extension's own storage; the version becomes a folder in it. */
  folder: string;
  /** An interpreter to use instead of python3, python and py: an absolute path. */
  python?: string | null;
  /** Nothing that lies in these is started. */
  untrustedFolders?: readonly string[];
  /** The editor's own, which pip and uv do not know; before those of the environment. */
  proxy?: Proxy | null;
  signal?: AbortSignal;
  onProgress?: (progress: InstallProgress) => void;
  /** A line that pip printed, printable. */
  onLine?: (line: string) => void;
  /** More arguments for pip, e.g. an index: for tests. */
  pipArguments?: readonly string[];
}

/** The installed library. Throws a Failure that says what is missing and how to get it. */
export async function installRuntime(options: InstallOptions): Promise<string> {
  const { version, folder, onProgress } = options;
  const wheel = installableRuntimes.find((known) => known.version === version);
  const sha256 = wheel?.sha256[`${process.platform}-${process.arch}`];
  if (!wheel || sha256 === undefined) {
    throw new Failure(
      'invalid-argument',
      `TensorRT-RTX ${version} cannot be installed on ${process.platform} ${process.arch}: NVIDIA publishes no package for it.`,
      `Choose one of ${installableRuntimes.map((known) => known.version).join(', ')} on Linux or Windows x86-64.`,
    );
  }
  const target = path.join(folder, version);
  const already = await libraryIn(target);
  if (already !== null && (await isAsInstalled(already, folder))) return already;

  onProgress?.({ step: 'Looking for Python and pip', fraction: null });
  await removeAbandoned(folder);
  const temporary = path.join(folder, `.installing-${version}-${process.pid}`);
  try {
    // Also where Python is started: what lies in its folder it would take for its own modules.
    await fs.mkdir(temporary, { recursive: true, mode: 0o700 });
    const installer = await findInstaller(options, temporary);
    const requirements = path.join(temporary, 'requirements.txt');
    await fs.writeFile(requirements, `${packageName}==${version} --hash=sha256:${sha256}\n`);
    const unpacked = path.join(temporary, 'unpacked');
    await run(
      installer.program,
      [
        ...installer.args,
        '--no-deps',
        '--require-hashes',
        '--target',
        unpacked,
        '-r',
        requirements,
        ...(options.pipArguments ?? []),
      ],
      options,
      wheel,
      temporary,
    );
    onProgress?.({ step: 'Checking what was unpacked', fraction: null });
    const library = await libraryIn(unpacked);
    if (library === null) {
      throw new Failure(
        'internal',
        `The package ${packageName} ${version} holds no TensorRT-RTX library.`,
        'Report it with the log.',
      );
    }
    await readLibraryFile(library);
    await recordLibraries(library, unpacked);
    await fs.rm(target, { recursive: true, force: true });
    await fs.rename(unpacked, target);
    const installed = await libraryIn(target);
    if (installed === null) throw new Error(`${target} is empty after it was renamed`);
    return installed;
  } catch (error) {
    throw systemProblem(error, folder, version);
  } finally {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** One that changed is installed again. */
async function isAsInstalled(library: string, folder: string): Promise<boolean> {
  return refuseChangedInstall(library, folder).then(
    () => true,
    () => false,
  );
}

async function libraryIn(target: string): Promise<string | null> {
  const folder = path.join(target, 'tensorrt_rtx_libs');
  const names = await fs.readdir(folder).catch(() => []);
  const name = names.find((entry) => isLibraryName(entry));
  return name === undefined ? null : path.join(folder, name);
}

/** What an installation that was killed left; one that runs in a live process stays. */
async function removeAbandoned(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = Number(/^\.installing-.*-(\d+)$/.exec(name)?.[1]);
    if (Number.isNaN(pid) || (pid !== process.pid && isRunning(pid))) continue;
    await fs.rm(path.join(folder, name), { recursive: true, force: true });
  }
}

/** No PYTHON* variable, no folder of the user's or of the caller, no script's folder: the interpreter's own modules. */
const isolated = ['-I', '-u', '-X', 'utf8'] as const;

const pythonNames =
  process.platform === 'win32' ? ['py.exe', 'python.exe', 'python3.exe'] : ['python3', 'python'];
const uvNames = process.platform === 'win32' ? ['uv.exe'] : ['uv'];

/** Files of these names by absolute path, in the order of PATH. By its bare name the system might start one of the folder's. */
async function* programs(
  names: readonly string[],
  untrustedFolders: readonly string[],
): AsyncGenerator<string> {
  const { PATH = '' } = process.platform === 'win32' ? upperCased(process.env) : process.env;
  const folders = PATH.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  for (const name of names) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      const stat = await fs.stat(file).catch(() => null);
      if (stat?.isFile() === true && !(await liesInside(file, untrustedFolders))) yield file;
    }
  }
}

async function* pythons({ python, untrustedFolders = [] }: InstallOptions): AsyncGenerator<string> {
  if (python !== undefined && python !== null) yield path.resolve(python);
  else yield* programs(pythonNames, untrustedFolders);
}

/** On Windows names of variables have no case, but a copy of them does. */
function upperCased(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name.toUpperCase(), value]),
  );
}

interface Installer {
  program: string;
  args: string[];
}

/** pip of the first Python 3 that has one; else uv, whose environments have none, with that Python. */
async function findInstaller(options: InstallOptions, cwd: string): Promise<Installer> {
  const { signal, untrustedFolders = [] } = options;
  let withoutPip: string | null = null;
  let broken: string | null = null;
  for await (const python of pythons(options)) {
    const { code, output } = await capture(
      python,
      [...isolated, '-c', 'import sys; print(sys.version_info[0]); import pip'],
      cwd,
      signal,
    );
    if (code === 0 && output.startsWith('3')) return pipOf(python, cwd, signal);
    if (code !== null && output.startsWith('3')) withoutPip ??= python;
    else if (output === '') broken ??= python;
  }
  if (withoutPip !== null) {
    for await (const uv of programs(uvNames, untrustedFolders)) return uvWith(uv, withoutPip);
    throw new Failure(
      'file-error',
      `${withoutPip} has no pip, which fetches TensorRT-RTX, and there is no uv in the folders of PATH.`,
      process.platform === 'linux'
        ? 'Install pip with your system\'s package manager (Debian, Ubuntu: "apt install python3-pip") and try again.'
        : `Run "${withoutPip} -m ensurepip" and try again.`,
    );
  }
  if (broken !== null && (await isThere(broken))) {
    throw new Failure(
      'file-error',
      `${broken} does not run, as in an environment whose Python was updated or removed; its pip fetches TensorRT-RTX.`,
      'Make that environment anew, or take its folder out of PATH, and try again.',
    );
  }
  throw new Failure(
    'file-error',
    `Python 3 was not found (looked for ${options.python ?? `${pythonNames.join(' and ')} in the folders of PATH`}); its pip fetches TensorRT-RTX.`,
    "Install Python 3 from https://www.python.org or your system's package manager and try again.",
  );
}

async function isThere(file: string): Promise<boolean> {
  return fs.stat(file).then(
    () => true,
    () => false,
  );
}

async function pipOf(python: string, cwd: string, signal?: AbortSignal): Promise<Installer> {
  return {
    program: python,
    args: [
      ...isolated,
      '-m',
      'pip',
      '--disable-pip-version-check',
      '--no-input',
      'install',
      '--only-binary=:all:',
      '--no-compile',
      '--no-cache-dir',
      // "Progress DONE of TOTAL" lines, from pip 24.1 on; an older one refuses the word and is asked without.
      ...((await pipKnowsRawProgress(python, cwd, signal)) ? ['--progress-bar=raw'] : []),
    ],
  };
}

/** Settings of a folder are not read: a mirror is named by UV_DEFAULT_INDEX. No other Python is fetched. */
function uvWith(uv: string, python: string): Installer {
  return {
    program: uv,
    args: [
      ...['pip', 'install', '--no-config', '--python', python, '--no-python-downloads'],
      ...['--only-binary', ':all:', '--no-cache', '--link-mode', 'copy', '--color', 'never'],
    ],
  };
}

async function pipKnowsRawProgress(
  python: string,
  cwd: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const { output } = await capture(python, [...isolated, '-m', 'pip', '--version'], cwd, signal);
  const [major = 0, minor = 0] = (/^pip (\d+)\.(\d+)/.exec(output) ?? []).slice(1).map(Number);
  return major > 24 || (major === 24 && minor >= 1);
}

/** code null: could not be started. */
function capture(
  command: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd,
      env: pythonEnvironment(),
      timeout: 30_000,
      killSignal: 'SIGKILL',
    });
    const stop = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const end = (code: number | null) => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted === true) reject(cancelled());
      else resolve({ code, output });
    };
    child.once('error', () => end(null));
    child.once('close', (code) => end(code ?? -1));
  });
}

async function run(
  program: string,
  args: readonly string[],
  { signal, onProgress, onLine, version, proxy = null }: InstallOptions,
  wheel: Wheel,
  temporary: string,
): Promise<void> {
  if (signal?.aborted === true) throw cancelled();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: temporary,
    // pip unpacks through TMPDIR: beside the target, so that one disk is filled and cleaned, not two.
    env: {
      ...pythonEnvironment(),
      ...(proxy && proxyVariables(proxy)),
      ...{ TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    },
  });
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  const last: string[] = [];
  const megabytes = Math.round(wheel.downloadBytes / 1e6);
  const onText = (line: string) => {
    const text = plainText(line).trim();
    if (text === '') return;
    const raw = /^Progress (\d+) of (\d+)$/.exec(text);
    if (raw) {
      const fraction = Number(raw[1]) / Number(raw[2]);
      onProgress?.({ step: `Downloading (${megabytes} MB)`, fraction });
      return;
    }
    if (/^Downloading /.test(text)) {
      onProgress?.({ step: `Downloading (${megabytes} MB)`, fraction: null });
    }
    if (/^Installing /.test(text)) onProgress?.({ step: 'Unpacking', fraction: null });
    onLine?.(text);
    last.push(text);
    if (last.length > 30) last.shift();
  };
  lines(child.stdout, onText);
  lines(child.stderr, onText);
  onProgress?.({ step: 'Asking the package index', fraction: null });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => signal?.removeEventListener('abort', stop));
  if (wasAborted(signal)) throw cancelled();
  if (code !== 0) throw pipProblem(last.join('\n'), version, code);
}

function lines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split(/\r?\n|\r/);
    rest = (parts.pop() ?? '').slice(-8192);
    parts.forEach(onLine);
  });
  stream.on('end', () => onLine(rest));
}

/** In both spellings: which one wins differs by program. */
function proxyVariables({ url, except }: Proxy): NodeJS.ProcessEnv {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'];
  const values = [
    ...names.map((name) => [name, url] as const),
    ...(except.length > 0 ? [['NO_PROXY', except.join(',')] as const] : []),
  ];
  return Object.fromEntries(
    values.flatMap(([name, value]) => [
      [name, value],
      [name.toLowerCase(), value],
    ]),
  );
}

/** What pip said, as cause and next step. Exported for its test. */
export function pipProblem(output: string, version: string, code: number | null): Failure {
  const problem = (sentence: string, nextStep: string) =>
    new Failure(
      'file-error',
      `TensorRT-RTX ${version} was not installed: ${sentence}`,
      nextStep,
      output,
    );
  if (/No space left on device|Errno 28|not enough space|WinError 112/i.test(output)) {
    return problem('the disk is full.', 'Free about 500 MB and try again.');
  }
  if (/DO NOT MATCH THE HASHES|HashMismatch|Hash mismatch/i.test(output)) {
    return problem(
      'what was downloaded is not the file that NVIDIA published (its SHA-256 differs).',
      'Try again; if it fails again, a proxy or mirror changes files: ask who runs it.',
    );
  }
  if (/Proxy Authentication Required|proxy authorization required/i.test(output)) {
    return problem(
      'the proxy asks for a name and a password.',
      'Put them into the proxy\'s address, http://NAME:PASSWORD@HOST:PORT, in the setting "http.proxy" or in HTTPS_PROXY, then try again.',
    );
  }
  if (/CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer/i.test(output)) {
    return problem(
      'the certificate that the package index showed is not trusted here, as behind a proxy that reads what is downloaded.',
      'Ask who runs the proxy for its certificate, name the file with "pip config set global.cert FILE" or in SSL_CERT_FILE (uv), then try again.',
    );
  }
  if (/ProxyError|Cannot connect to proxy|tunnel error/i.test(output)) {
    return problem(
      'the proxy could not be reached.',
      'Check the setting "http.proxy", the variable HTTPS_PROXY and "pip config list", then try again.',
    );
  }
  if (
    /NewConnectionError|Temporary failure in name resolution|getaddrinfo failed|ConnectTimeout|ReadTimeout|Network is unreachable|Max retries exceeded|SSLError|Connection refused|Failed to fetch|error sending request/i.test(
      output,
    )
  ) {
    return problem(
      'the package index could not be reached.',
      'Check the network connection and the proxy settings of pip ("pip config list") or uv (UV_DEFAULT_INDEX, HTTPS_PROXY), then try again.',
    );
  }
  if (/No matching distribution found|No solution found when resolving/i.test(output)) {
    return problem(
      'the package index has no package of this version for this system.',
      'Check which index pip uses ("pip config list"); PyPI has it. Very old pips do not know the package\'s platform: update pip.',
    );
  }
  if (/Permission denied|Errno 13/i.test(output)) {
    return problem('the folder may not be written.', 'Give the user write access and try again.');
  }
  if (/^(ModuleNotFoundError|ImportError|SyntaxError)\b/m.test(output)) {
    return problem(
      'pip itself is damaged.',
      'Repair it with "python3 -m ensurepip --upgrade", or make the environment anew, and try again.',
    );
  }
  return problem(`pip ended with code ${code}.`, "The log holds pip's own words.");
}

function systemProblem(error: unknown, folder: string, version: string): Failure {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof Failure) return error;
  const problem = (sentence: string, nextStep: string) =>
    new Failure(
      'file-error',
      `TensorRT-RTX ${version} was not installed: ${sentence}`,
      nextStep,
      error instanceof Error ? error.message : '',
    );
  switch (code ?? '') {
    case 'ENOSPC':
    case 'EDQUOT':
      return problem('the disk is full.', 'Free about 500 MB and try again.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return problem(`${folder} may not be written.`, 'Give the user write access and try again.');
    default:
      return asFailure(error, `Installing TensorRT-RTX ${version}`);
  }
}

/** A function, because the compiler takes an early look at `aborted` for its last value. */
function wasAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function cancelled(): Failure {
  return new Failure(
    'cancelled',
    'Installing TensorRT-RTX was cancelled.',
    'Nothing was left behind.',
  );
}

/** pip as the user has it configured, but not inside whatever environment the editor was started from. */
function pythonEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(cleanEnvironment(process.env)).filter(
    ([name]) => !/^(PYTHON|__PYVENV|PY_PYTHON)/i.test(name),
  );
  // Companies' proxies are known to the system's certificates, which pip takes by itself; older uv has the second name.
  const certificates = { UV_SYSTEM_CERTS: '1', UV_NATIVE_TLS: '1' };
  return { ...certificates, ...Object.fromEntries(own), PIP_USER: '0' };
}
