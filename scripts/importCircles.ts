/** Imports between our own files that exist at run time: import() as well, types not. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';

/** Imports of types only: they are gone when the code runs. */
const typeImports = /^(?:import|export) (?:type\b|\{(?:\s*type \w+,?)+\s*\} from)[^;]*;/gm;

/** File to the files that it imports, absolute. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export function importGraph(folder: string): ImportGraph {
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => path.join(folder, name));
  const known = new Set(files);
  const resolve = (from: string, to: string): string[] =>
    [`${to}.ts`, path.join(to, 'index.ts'), to]
      .map((name) => path.resolve(path.dirname(from), name))
      .filter((name) => known.has(name))
      .slice(0, 1);
  return new Map(
    files.map((file) => {
      const text = fs.readFileSync(file, 'utf8').replaceAll(typeImports, '');
      const { importedFiles } = ts.preProcessFile(text, true, true);
      const own = importedFiles.map(({ fileName }) => fileName).filter((to) => to.startsWith('.'));
      return [file, own.flatMap((to) => resolve(file, to))];
    }),
  );
}

/** Each as the files that one walks through, the first again at the end; of files that are in one already, no second. */
export function importCircles(graph: ImportGraph): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    const start = way.indexOf(file);
    if (start >= 0) circles.push([...way.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    way.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    way.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return circles;
}
