/**
 * Writes the sample model (src/core/sample) for the demo and the tests.
 *
 *   npx tsx scripts/makeSampleModel.ts OUT.onnx [--static] [--external-data]
 *
 * --static         fixed input 1x3x64x64 instead of dynamic batch, height and width
 * --external-data  weights in OUT.onnx.data beside the model
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

import { makeSampleModel } from '../src/core/sample/sampleModel';

export { makeSampleModel, sampleProfile } from '../src/core/sample/sampleModel';

/** Writes the model and, when asked for, its data file beside it. Returns the paths written. */
export function writeSampleModel(
  path: string,
  options: { fixedShape?: boolean; externalData?: boolean } = {},
): string[] {
  const dataPath = `${path}.data`;
  const model = makeSampleModel({
    fixedShape: options.fixedShape === true,
    ...(options.externalData === true ? { externalData: basename(dataPath) } : {}),
  });
  mkdirSync(dirname(resolve(path)), { recursive: true });
  writeFileSync(path, model.onnx);
  if (model.externalData === null) return [path];
  writeFileSync(dataPath, model.externalData);
  return [path, dataPath];
}

function main(args: readonly string[]): void {
  const flags = args.filter((arg) => arg.startsWith('--'));
  const [path, ...more] = args.filter((arg) => !arg.startsWith('--'));
  const unknown = flags.filter((flag) => flag !== '--static' && flag !== '--external-data');
  if (path === undefined || more.length > 0 || unknown.length > 0) {
    console.error('usage: makeSampleModel.ts OUT.onnx [--static] [--external-data]');
    process.exitCode = 2;
    return;
  }
  const written = writeSampleModel(path, {
    fixedShape: flags.includes('--static'),
    externalData: flags.includes('--external-data'),
  });
  console.log(`wrote ${written.join(' and ')}`);
}

// By name, because the tests' bundles have no import.meta.
if (/makeSampleModel\.ts$/.test(process.argv[1] ?? '')) {
  main(process.argv.slice(2));
}
