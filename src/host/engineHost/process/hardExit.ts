/** Ends this process without the exit handlers of native libraries, which may wait for a thread that hangs. */
import koffi from 'koffi';

export function hardExit(code: number): never {
  try {
    if (process.platform === 'win32') {
      const kernel = koffi.load('kernel32.dll');
      const self = kernel.func('void *GetCurrentProcess()') as () => bigint;
      const terminate = kernel.func('bool TerminateProcess(void *process, uint32_t code)') as (
        process: bigint,
        code: number,
      ) => boolean;
      terminate(self(), code);
    } else {
      (koffi.load(null).func('void _exit(int code)') as (code: number) => void)(code);
    }
  } catch {
    // What is left is the ordinary way.
  }
  process.exit(code);
}
