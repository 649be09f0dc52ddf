/**
 * Looks at a TensorRT-RTX library without loading it: for this machine? complete? which version? A truncated shared
 * object kills the process that opens it (SIGBUS), so nothing reaches dlopen that has not been looked at here. Reads
 * the headers and the dynamic string table, some tens of kilobytes of a quarter of a gigabyte.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../../core/wire/failure';

export interface LibraryFile {
  format: 'elf' | 'pe';
  /** "1.7.1.116"; of a Windows library without version resource (1.4) only what its name says, "1.4". */
  version: string;
}

export interface Target {
  platform: NodeJS.Platform;
  arch: string;
}

/**
 * Throws a Failure that says what is wrong with the file. For a process that may wait: the command line and the engine
 * host's child; libraryFileAsync.ts does it for others.
 */
export function readLibraryFileSync(file: string, target: Target = process): LibraryFile {
  let descriptor: number | undefined;
  try {
    // Opening some devices does something.
    const before = fs.statSync(file);
    if (!before.isFile()) look(file, before, target).next();
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    const steps = look(file, fs.fstatSync(descriptor), target);
    let step = steps.next();
    while (!step.done) {
      const { offset, length } = step.value;
      const buffer = Buffer.alloc(length);
      const bytesRead = fs.readSync(descriptor, buffer, 0, length, offset);
      step = steps.next(buffer.subarray(0, bytesRead));
    }
    return step.value;
  } catch (error) {
    throw systemProblem(file, error);
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** The name of a library file: libtensorrt_rtx.so, .so.1, .so.1.7.1; tensorrt_rtx_1_7.dll. */
export function isLibraryName(name: string, platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'win32'
    ? /^tensorrt_rtx(_\d+_\d+)?\.dll$/i.test(name)
    : /^libtensorrt_rtx\.so(\.\d+)*$/.test(name);
}

type Look = Generator<{ offset: number; length: number }, LibraryFile, Buffer>;

const reinstall = 'Install TensorRT-RTX again, or choose another library.';
const chooseAnother = 'Choose a libtensorrt_rtx library (tensorrt_rtx_1_7.dll on Windows).';

export function* look(file: string, stat: fs.Stats, target: Target): Look {
  if (!stat.isFile()) {
    const what = stat.isDirectory() ? 'a folder' : 'not a regular file';
    throw new Failure('library-not-loaded', `${file} is ${what}, not a library.`, chooseAnother);
  }
  const start = yield { offset: 0, length: 64 };
  if (start.length === 0) {
    throw new Failure('library-not-loaded', `${file} is empty, not a library.`, reinstall);
  }
  if (start.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'))) {
    return yield* lookElf(file, stat.size, start, target);
  }
  if (start.subarray(0, 2).toString('latin1') === 'MZ') {
    return yield* lookPe(file, stat.size, start, target);
  }
  throw new Failure('library-not-loaded', `${file} is not a shared library.`, chooseAnother);
}

const elfMachines: Record<number, string> = { 3: 'x86', 40: 'arm', 62: 'x64', 183: 'arm64' };
const programLoad = 1;
const programDynamic = 2;
const dynamicStrings = 5;
const dynamicStringsSize = 10;
const dynamicSoname = 14;

function* lookElf(file: string, size: number, start: Buffer, target: Target): Look {
  if (target.platform === 'win32') throw otherSystem(file, 'Linux', 'Windows');
  if (start.length < 64) throw truncated(file, size, 64);
  if (start[4] !== 2 || start[5] !== 1) throw otherMachine(file, '32-bit or big-endian', target);
  const machine = start.readUInt16LE(18);
  const arch = elfMachines[machine] ?? `machine ${machine}`;
  if (arch !== target.arch) throw otherMachine(file, arch, target);

  const programStart = wholeNumber(start.readBigUInt64LE(32));
  const sectionStart = wholeNumber(start.readBigUInt64LE(40));
  const programSize = start.readUInt16LE(54);
  const programCount = start.readUInt16LE(56);
  const sectionsEnd = sectionStart + start.readUInt16LE(58) * start.readUInt16LE(60);
  const programsEnd = programStart + programSize * programCount;
  if (programsEnd > size || sectionsEnd > size) {
    throw truncated(file, size, Math.max(programsEnd, sectionsEnd));
  }
  if (programSize < 56) throw damaged(file, 'its program headers are too small');

  const programs = yield { offset: programStart, length: programSize * programCount };
  if (programs.length < programSize * programCount) throw truncated(file, size, programsEnd);
  const loads: { address: number; offset: number; length: number }[] = [];
  let dynamic: { offset: number; length: number } | null = null;
  for (let at = 0; at < programs.length; at += programSize) {
    const type = programs.readUInt32LE(at);
    if (type !== programLoad && type !== programDynamic) continue;
    const offset = wholeNumber(programs.readBigUInt64LE(at + 8));
    const address = wholeNumber(programs.readBigUInt64LE(at + 16));
    const length = wholeNumber(programs.readBigUInt64LE(at + 32));
    if (offset + length > size) throw truncated(file, size, offset + length);
    if (type === programLoad) loads.push({ address, offset, length });
    else dynamic = { offset, length };
  }
  if (!dynamic) throw damaged(file, 'it has no dynamic section');

  const entries = yield { offset: dynamic.offset, length: Math.min(dynamic.length, 64 * 1024) };
  let stringsAddress = 0;
  let stringsSize = 0;
  let sonameAt = -1;
  for (let at = 0; at + 16 <= entries.length; at += 16) {
    const tag = entries.readBigInt64LE(at);
    const value = wholeNumber(entries.readBigUInt64LE(at + 8));
    if (tag === 0n) break;
    if (tag === BigInt(dynamicStrings)) stringsAddress = value;
    if (tag === BigInt(dynamicStringsSize)) stringsSize = value;
    if (tag === BigInt(dynamicSoname)) sonameAt = value;
  }
  const load = loads.find(
    ({ address, length }) => stringsAddress >= address && stringsAddress < address + length,
  );
  if (!load || stringsSize === 0) throw damaged(file, 'it has no dynamic string table');
  const strings = yield {
    offset: stringsAddress - load.address + load.offset,
    // TensorRT-RTX's is 20 kB; a damaged length must not fill the memory.
    length: Math.min(stringsSize, 8 * 1024 * 1024, size),
  };
  const names = strings.toString('latin1');
  const soname = sonameAt < 0 ? '' : (/[^\0]*/.exec(names.slice(sonameAt))?.[0] ?? '');
  if (/^libnvinfer/.test(soname)) {
    throw new Failure(
      'not-tensorrt-rtx',
      `${file} is TensorRT (${printable(soname)}), not TensorRT-RTX.`,
      chooseAnother,
    );
  }
  if (!names.includes('\0createInferRuntime_INTERNAL\0')) {
    throw new Failure(
      'not-tensorrt-rtx',
      `${file} is a shared library${soname === '' ? '' : ` (${printable(soname)})`}, but not TensorRT-RTX.`,
      chooseAnother,
    );
  }
  const version = /\0tensorrt_version_(\d+)_(\d+)_(\d+)_(\d+)\0/.exec(names);
  return { format: 'elf', version: version ? version.slice(1, 5).join('.') : '' };
}

const peMachines: Record<number, string> = {
  0x14c: 'ia32',
  0x1c4: 'arm',
  0x8664: 'x64',
  0xaa64: 'arm64',
};

function* lookPe(file: string, size: number, start: Buffer, target: Target): Look {
  if (target.platform !== 'win32') throw otherSystem(file, 'Windows', target.platform);
  if (start.length < 64) throw truncated(file, size, 64);
  const peStart = start.readUInt32LE(60);
  if (peStart + 24 > size) throw truncated(file, size, peStart + 24);
  const pe = yield { offset: peStart, length: 24 };
  if (pe.length < 24 || pe.toString('latin1', 0, 4) !== 'PE\0\0') {
    throw damaged(file, 'it has no PE header');
  }
  const machine = pe.readUInt16LE(4);
  const arch = peMachines[machine] ?? `machine ${machine}`;
  if (arch !== target.arch) throw otherMachine(file, arch, target);
  const sectionCount = pe.readUInt16LE(6);
  const sectionsStart = peStart + 24 + pe.readUInt16LE(20);
  if (sectionsStart + sectionCount * 40 > size) {
    throw truncated(file, size, sectionsStart + sectionCount * 40);
  }
  const sections = yield { offset: sectionsStart, length: sectionCount * 40 };
  if (/^nvinfer/i.test(path.win32.basename(file))) {
    // nvinfer_10.dll, nvinfer_lean_10.dll: they export the same functions.
    throw new Failure('not-tensorrt-rtx', `${file} is TensorRT, not TensorRT-RTX.`, chooseAnother);
  }
  let resources: { offset: number; length: number } | null = null;
  for (let at = 0; at + 40 <= sections.length; at += 40) {
    const length = sections.readUInt32LE(at + 16);
    const offset = sections.readUInt32LE(at + 20);
    if (offset + length > size) throw truncated(file, size, offset + length);
    if (sections.toString('latin1', at, at + 6) === '.rsrc\0') resources = { offset, length };
  }
  const named = /tensorrt_rtx_(\d+)_(\d+)\.dll$/i.exec(path.win32.basename(file));
  const minor = named ? `${named[1]}.${named[2]}` : '';
  const inside = resources === null ? null : fileVersion(yield limited(resources));
  // A version of something else than what the name says is none of TensorRT-RTX's.
  const isWhole = inside !== null && (minor === '' || inside.startsWith(`${minor}.`));
  return { format: 'pe', version: isWhole ? inside : minor };
}

/** TensorRT-RTX's resources have 1 kB; a damaged length must not fill the memory. */
const limited = ({ offset, length }: { offset: number; length: number }) => ({
  offset,
  length: Math.min(length, 64 * 1024),
});

/** "1.7.1.116" of VS_FIXEDFILEINFO, which is told by its signature; null where there is none (1.4). */
function fileVersion(resources: Buffer): string | null {
  for (let at = 0; at + 52 <= resources.length; at += 4) {
    const isInfo =
      resources.readUInt32LE(at) === 0xfeef04bd && resources.readUInt32LE(at + 4) === 0x10000;
    if (!isInfo) continue;
    const words = [10, 8, 14, 12].map((behind) => resources.readUInt16LE(at + behind));
    return words.join('.');
  }
  return null;
}

/** Offsets beyond 2^53 are beyond every file: they only have to stay too large. */
function wholeNumber(value: bigint): number {
  return Number(value);
}

function printable(name: string): string {
  return name.slice(0, 80).replace(/[^\x20-\x7e]/g, '?');
}

function truncated(file: string, size: number, expected: number): Failure {
  return new Failure(
    'library-not-loaded',
    `${file} is incomplete: it has ${size} bytes, its headers speak of at least ${expected}.`,
    reinstall,
  );
}

function damaged(file: string, how: string): Failure {
  return new Failure('library-not-loaded', `${file} is damaged: ${how}.`, reinstall);
}

function otherMachine(file: string, arch: string, target: Target): Failure {
  return new Failure(
    'library-not-loaded',
    `${file} is built for another processor (${arch}); this process is ${target.arch}.`,
    `Choose a TensorRT-RTX built for ${target.arch}.`,
  );
}

function otherSystem(file: string, builtFor: string, here: string): Failure {
  return new Failure(
    'library-not-loaded',
    `${file} is built for ${builtFor}; this is ${here === 'win32' ? 'Windows' : here}.`,
    chooseAnother,
  );
}

export function systemProblem(file: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const detail = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new Failure('file-error', `There is no library at ${file}.`, chooseAnother, detail);
    case 'EACCES':
    case 'EPERM':
      return new Failure(
        'file-error',
        `${file} may not be read by this user.`,
        'Give the user read access, or choose another library.',
        detail,
      );
    case 'ELOOP':
      return new Failure(
        'file-error',
        `${file} is a link that leads in circles.`,
        chooseAnother,
        detail,
      );
    default:
      return new Failure(
        'file-error',
        `${file} could not be read: ${detail}`,
        chooseAnother,
        detail,
      );
  }
}
