/** From which model an engine without a recipe was probably built, by its name. Pure. */
import * as path from 'node:path';

export interface GuessedBuild {
  model: string;
  engine: string;
}

/** det.engine comes from det.onnx beside it; a model (also one that only calls itself engine) is never built over. */
export function guessBuild(
  file: string,
  { isModel, platform }: { isModel: boolean; platform: NodeJS.Platform },
): GuessedBuild {
  const paths = platform === 'win32' ? path.win32 : path.posix;
  const { dir, name } = paths.parse(file);
  if (!isModel) return { model: paths.join(dir, `${name}.onnx`), engine: file };
  const engine = paths.join(dir, `${name}.engine`);
  return { model: file, engine: engine === file ? paths.join(dir, `${name}.new.engine`) : engine };
}
