/** Small library files that say what a test wants them to say; none of them can be loaded. */

export interface ElfFile {
  /** e_machine: 62 x86-64, 183 AArch64. */
  machine?: number;
  soname?: string;
  symbols?: readonly string[];
  /** 2: 64-bit. */
  elfClass?: number;
  /** What the program header says, instead of the true length; bytes. */
  loadLength?: number;
}

export const rtxSymbols = (version: string): string[] => [
  'createInferRuntime_INTERNAL',
  `tensorrt_version_${version.replaceAll('.', '_')}`,
];

/** An ELF shared object with a dynamic section and its strings. */
export function elfFile({
  machine = process.arch === 'arm64' ? 183 : 62,
  soname = 'libtensorrt_rtx.so.1',
  symbols = [],
  elfClass = 2,
  loadLength,
}: ElfFile = {}): Buffer {
  const strings = Buffer.from(['', soname, ...symbols, ''].join('\0'), 'latin1');
  const programsAt = 64;
  const dynamicAt = programsAt + 2 * 56;
  const entries: [number, number][] = [
    [5, 0], // DT_STRTAB, filled below
    [10, strings.length],
    [14, 1], // DT_SONAME
    [0, 0],
  ];
  const stringsAt = dynamicAt + entries.length * 16;
  entries[0] = [5, stringsAt];
  const file = Buffer.alloc(stringsAt + strings.length);
  file.write('\x7fELF', 0, 'latin1');
  file[4] = elfClass;
  file[5] = 1;
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(BigInt(programsAt), 32);
  file.writeBigUInt64LE(BigInt(file.length), 40);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  file.writeUInt16LE(64, 58);
  const program = (at: number, type: number, offset: number, length: number) => {
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(offset), at + 8);
    file.writeBigUInt64LE(BigInt(offset), at + 16);
    file.writeBigUInt64LE(BigInt(length), at + 32);
  };
  program(programsAt, 1, 0, loadLength ?? file.length);
  program(programsAt + 56, 2, dynamicAt, entries.length * 16);
  entries.forEach(([tag, value], index) => {
    file.writeBigUInt64LE(BigInt(tag), dynamicAt + index * 16);
    file.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8);
  });
  strings.copy(file, stringsAt);
  return file;
}

/** A Windows DLL with one section, which may have a version resource ("1.7.1.116"). */
export function peFile({
  machine = 0x8664,
  sectionLength = 512,
  version,
}: { machine?: number; sectionLength?: number; version?: string } = {}): Buffer {
  const file = Buffer.alloc(1024);
  file.write('MZ', 0, 'latin1');
  file.writeUInt32LE(128, 60);
  file.write('PE\0\0', 128, 'latin1');
  file.writeUInt16LE(machine, 132);
  file.writeUInt16LE(1, 134);
  file.writeUInt16LE(240, 148);
  const section = 128 + 24 + 240;
  file.write('.rsrc', section, 'latin1');
  file.writeUInt32LE(sectionLength, section + 16);
  file.writeUInt32LE(512, section + 20);
  if (version !== undefined) {
    const [major = 0, minor = 0, patch = 0, build = 0] = version.split('.').map(Number);
    file.writeUInt32LE(0xfeef04bd, 640);
    file.writeUInt32LE(0x10000, 644);
    [minor, major, build, patch].forEach((word, index) => {
      file.writeUInt16LE(word, 648 + 2 * index);
    });
  }
  return file;
}
