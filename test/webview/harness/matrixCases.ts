/** Made matrices: 300 engines of invented sizes and versions on five targets, and the states around them. */
import { makeFileFacts } from '../../../src/core/file/fileFacts';
import type { ToMatrixPage } from '../../../src/core/pages/matrixPageMessages';
import { defaultTargets } from '../../../src/core/targets/commonBoards';
import { makeMatrixModel, type MatrixEngine } from '../../../src/core/targets/matrixModel';
import { boardTarget, type BoardTargetOptions } from '../../../src/core/targets/targets';
import { headerBytes, made } from './reports';

const board = (id: string, options: BoardTargetOptions) => {
  const found = boardTarget(id, { tensorrtRtx: '1.7.1', ...options });
  if (!('target' in found)) throw new Error(found.problem.sentence);
  return found.target;
};
const targets = [
  board('rtx-5090', { name: 'Studio' }),
  board('rtx-4060-laptop', { name: 'Creator laptop' }),
  board('rtx-3050-6gb', { name: 'Minimum spec' }),
  board('gtx-1660-ti', { name: 'Old desktop', required: false }),
  board('gb10', { name: 'DGX Spark' }),
];
const gib = 2 ** 30;

function engines(count: number): MatrixEngine[] {
  return Array.from({ length: count }, (_, at) => {
    const folder = ['farm/llm', 'farm/vision', 'farm/audio', 'models'][at % 4] ?? '';
    const file = `${folder}/net_${String(at).padStart(3, '0')}.engine`;
    const old = at % 9 === 2;
    const fileSize = Math.round(gib * (0.1 + (at % 17) * 0.5));
    const facts = makeFileFacts({
      file,
      prefix: headerBytes({
        version: old ? [1, 6, 1, 120] : [1, 7, 1, 116],
        targets: at % 5 === 0 ? 0x7f : 0x7e,
        fileSize,
        cudaDriver: 0,
        cudaRuntime: 0,
        weightBytes: fileSize - 1000,
      }),
      size: at % 50 === 7 ? 4096 : fileSize,
      modified: 0,
    });
    return { id: `e${at}`, path: file, report: made(facts) };
  });
}

const matrix = (
  count: number,
  more: Partial<Parameters<typeof makeMatrixModel>[0]> = {},
): ToMatrixPage => ({
  type: 'matrix',
  matrix: makeMatrixModel({
    engines: engines(count),
    targets,
    severity: {},
    source: 'file',
    fileName: 'engine-inspector.json',
    problem: '',
    ...more,
  }),
});

export const matrixCases = {
  'matrix-300': { messages: [matrix(300)] },
  'matrix-defaults': {
    messages: [matrix(6, { targets: defaultTargets, source: 'defaults' })],
  },
  'matrix-empty': { messages: [matrix(0)] },
  'matrix-problem': {
    messages: [
      matrix(3, { problem: 'engine-inspector.json, line 4: There is no board rtx-9999.' }),
    ],
  },
  'matrix-10000': { messages: [matrix(10_000)] },
} satisfies Record<string, { messages: ToMatrixPage[] }>;

export type MatrixCaseName = keyof typeof matrixCases;
export const matrixCaseNames = Object.keys(matrixCases) as MatrixCaseName[];
