/** What a program and all it starts execute, and what code they load: seen by the kernel, not told by the program. */
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface Traced {
  /** Programs that were started. */
  programs: string[];
  /** Files whose code was mapped into a process: libraries, and programs themselves. */
  code: string[];
}

/** Before a program and its arguments. */
export function underStrace(output: string): string[] {
  return [
    'strace',
    ...['--follow-forks', '--seccomp-bpf', '--decode-fds=path', '--quiet=attach,exit'],
    ...['--string-limit=4096', '--trace=execve,execveat,mmap', `--output=${output}`],
  ];
}

/** What happened so far, or all of it once the program ended. */
export function readTrace(output: string): Traced {
  const programs = new Set<string>();
  const code = new Set<string>();
  for (const line of fs.readFileSync(output, 'utf8').split('\n')) {
    const program = /\bexecve(?:at)?\((?:[^"]*, )?"((?:[^"\\]|\\.)*)".* = 0$/.exec(line)?.[1];
    if (program !== undefined) programs.add(program);
    // The descriptor is decoded as NUMBER<PATH>.
    const mapped = /\bmmap\(.*PROT_EXEC.*, \d+<(.*?)(?:\(deleted\))?>, /.exec(line)?.[1];
    if (mapped !== undefined) code.add(mapped);
  }
  return { programs: [...programs], code: [...code] };
}

/** Those at or below the folder, by the name it was opened with or its real one. */
export function below(folder: string, files: readonly string[]): string[] {
  const roots = [path.resolve(folder), fs.realpathSync(folder)];
  return files.filter((file) => roots.some((root) => file === root || file.startsWith(`${root}/`)));
}
