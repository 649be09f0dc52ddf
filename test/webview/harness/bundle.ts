/** The pages' bundles as the product's build makes it, in memory: tests always see the sources as they are. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(__dirname, '../../..');
const codicons = path.join(root, 'node_modules/@vscode/codicons/dist');

export interface ServedFile {
  contentType: string;
  body: Buffer;
}

/** By URL path. */
export async function pageFiles(): Promise<Map<string, ServedFile>> {
  const result = await build({
    entryPoints: {
      enginePage: path.join(root, 'src/webview/enginePage/main.ts'),
      gpuPage: path.join(root, 'src/webview/gpuPage/main.ts'),
      matrixPage: path.join(root, 'src/webview/matrixPage/main.ts'),
      comparePage: path.join(root, 'src/webview/comparePage/main.ts'),
    },
    outdir: path.join(root, 'dist/webview'),
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    tsconfig: path.join(root, 'src/webview/tsconfig.json'),
    logLevel: 'silent',
  });
  const files = new Map<string, ServedFile>();
  for (const output of result.outputFiles) {
    const name = path.basename(output.path);
    const contentType = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    files.set(`/${name}`, { contentType, body: Buffer.from(output.contents) });
  }
  files.set('/codicon.css', {
    contentType: 'text/css',
    body: await readFile(path.join(codicons, 'codicon.css')),
  });
  files.set('/codicon.ttf', {
    contentType: 'font/ttf',
    body: await readFile(path.join(codicons, 'codicon.ttf')),
  });
  return files;
}
