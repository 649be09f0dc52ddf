/**
 * The folders whose files the assistant may use. A path is followed to where it really leads, and that place is used from
 * then on: what lies outside is refused, whatever name or link it has.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { foreignPath } from '../../core/rebuild/foreignPath';
import { joinWords } from '../../core/text/formats';
import { Failure } from '../../core/wire/failure';
import { isInside } from '../../host/files/isInside';
import { shown } from '../output';

export class Folders {
  private constructor(
    /** Absolute, without links. */
    private readonly real: readonly string[],
    /** Absolute, as they were given, and without links. */
    private readonly named: readonly string[],
  ) {}

  /** Throws where none of them is a folder. */
  static async of(folders: readonly string[]): Promise<Folders> {
    const real: string[] = [];
    const named: string[] = [];
    for (const folder of folders) {
      const place = await fs.realpath(path.resolve(folder)).catch(() => null);
      const stat = place === null ? null : await fs.stat(place).catch(() => null);
      if (place === null || stat?.isDirectory() !== true) continue;
      real.push(place);
      named.push(place, path.resolve(folder));
    }
    if (real.length > 0) return new Folders(real, named);
    throw new Failure(
      'wrong-use',
      folders.length === 0
        ? 'No folder was given to this server, so it may read no files.'
        : `${joinWords(folders.map((folder) => shown(folder)))}: none is a folder that can be read.`,
      'Ask the user to start engine-inspector mcp with --folder and the folder of the engines.',
    );
  }

  get all(): readonly string[] {
    return this.real;
  }

  get text(): string {
    return joinWords(this.real.map((folder) => shown(folder)));
  }

  /** Where an existing file or folder really is. Relative paths count from each folder. */
  async existing(given: string): Promise<string> {
    let outside = false;
    for (const candidate of this.candidates(given)) {
      // By its name first: another machine (\\\\server\\share) is not even asked.
      const place = this.names(candidate) ? await fs.realpath(candidate).catch(() => null) : '';
      if (place === null) continue;
      if (place !== '' && this.holds(place)) return place;
      outside = true;
    }
    if (outside) throw this.leadsOut(given);
    throw new Failure(
      'file-error',
      `${shown(given)} is not there, or can't be read.`,
      `Give an absolute path below ${this.text}; check_engines with a folder lists the engines in it.`,
    );
  }

  /** Where a file will be written: its folder exists and is one of these or below, and so is what a link there leads to. */
  async toWrite(given: string): Promise<string> {
    let folderMissing = false;
    for (const candidate of this.candidates(given)) {
      if (!this.names(candidate)) continue;
      const folder = await fs.realpath(path.dirname(candidate)).catch(() => null);
      if (folder === null) {
        folderMissing = true;
        continue;
      }
      const place = path.join(folder, path.basename(candidate));
      const link = await fs.lstat(place).catch(() => null);
      // Also of a link that leads nowhere: who writes through it would make the file there.
      if (link?.isSymbolicLink() === true) return this.existing(place);
      if (this.holds(place)) return place;
    }
    if (!folderMissing) throw this.leadsOut(given);
    throw new Failure(
      'file-error',
      `The folder of ${shown(given)} is not there.`,
      `Name an engine in a folder that exists, below ${this.text}.`,
    );
  }

  /** The folder of these that a place lies in. place: as `existing` gave it. */
  of(place: string): string | null {
    return this.real.find((folder) => isInside(folder, place)) ?? null;
  }

  holds(place: string): boolean {
    return this.of(place) !== null;
  }

  private names(candidate: string): boolean {
    return this.named.some((folder) => isInside(folder, candidate));
  }

  private candidates(given: string): string[] {
    if (given === '' || given.includes('\0')) {
      throw new Failure('wrong-use', 'A path is empty.', `Give a path below ${this.text}.`);
    }
    const named = given.startsWith('file://') ? pathOfUrl(given) : given;
    // To ask for a name on another machine would show it who asks; opening some devices does something.
    const candidates = this.real
      .map((folder) => ({ folder, written: named, resolved: path.resolve(folder, named) }))
      .filter((one) => foreignPath(one, process.platform) === null)
      .map(({ resolved }) => resolved);
    if (candidates.length === 0) throw this.leadsOut(given);
    return [...new Set(candidates)];
  }

  private leadsOut(given: string): Failure {
    return new Failure(
      'wrong-use',
      `${shown(given)} is outside the folders that this server may use.`,
      `They are ${this.text}. Ask the user to start engine-inspector mcp with another --folder if that one is meant.`,
    );
  }
}

export function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new Failure('wrong-use', `${shown(url)} is not the address of a file.`, 'Give a path.');
  }
}
