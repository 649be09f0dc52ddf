/** A program and its arguments. */
export type Command = [string, string[]];
export interface Toolchain {
  zig: string;
  compileCxx(args: readonly string[]): Command;
  compileC(args: readonly string[]): Command;
  linkDll(output: string, args: readonly string[]): Command;
  linkExe(output: string, args: readonly string[]): Command;
}
export function runAll(commands: readonly Command[]): Promise<void>;
