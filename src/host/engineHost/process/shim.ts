/**
 * One shim library: engine_shim.h's functions (binding.ts) and its sessions (session.ts), which alone know its structs
 * and numbers.
 *
 * Used by the engine host's child, and by the command line in its own process (header checks only). Imports no schema
 * library: the command line's cold start is measured.
 */
import { Failure } from '../../../core/wire/failure';
import { bind, lastError, type Native } from './binding';
import { type ShimEvents, ShimSession } from './session';

/** ENGINE_SHIM_ABI of the header this file was written against. */
const shimAbi = 3;

/** One shim library. */
export class Shim {
  private constructor(
    readonly path: string,
    readonly native: Native,
    /** "1.7": the TensorRT-RTX it was compiled against. */
    readonly version: string,
  ) {}

  /** Throws a Failure when the file cannot be loaded or speaks another ABI. */
  static open(file: string): Shim {
    let native: Native;
    try {
      native = bind(file);
    } catch (error) {
      throw new Failure(
        'internal',
        `The engine shim ${file} could not be loaded.`,
        'Reinstall the extension.',
        error instanceof Error ? error.message : String(error),
      );
    }
    const abi = native.abiVersion();
    if (abi !== shimAbi) {
      throw new Failure(
        'internal',
        `The engine shim ${file} has ABI ${abi}, not ${shimAbi}.`,
        'Reinstall the extension.',
      );
    }
    return new Shim(file, native, native.tensorRtRtxVersion());
  }

  session(events: ShimEvents): ShimSession {
    const out = Buffer.alloc(8);
    const status = this.native.sessionCreate(out);
    if (status !== 0) throw lastError(this.native, status);
    return new ShimSession(this.native, out.readBigUInt64LE(0), events);
  }
}
