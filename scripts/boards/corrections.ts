/**
 * What the list of boards in @huggingface/tasks lacks or has in another way, with a source for each row. Memory is the
 * size on the box in GB (of 2^30 bytes); what CUDA reports is a little less.
 */

/** Where a row can be looked up. */
export const sources = {
  tasks: 'npm @huggingface/tasks, src/hardware-nvidia.ts (MIT)',
  cuda: 'https://developer.nvidia.com/cuda-gpus (compute capability)',
  'cuda-legacy': 'https://developer.nvidia.com/cuda-legacy-gpus (compute capability)',
  gtx16: 'https://www.nvidia.com/en-us/geforce/graphics-cards/16-series/',
  rtx20: 'https://www.nvidia.com/en-us/geforce/20-series/',
  rtx30: 'https://www.nvidia.com/en-us/geforce/graphics-cards/30-series/',
  laptops: 'https://www.nvidia.com/en-us/geforce/laptops/compare/',
  workstation: 'https://www.nvidia.com/en-us/design-visualization/desktop-graphics/',
  'workstation-laptops':
    'https://www.nvidia.com/en-us/design-visualization/rtx-professional-laptops/',
  quadro: 'https://en.wikipedia.org/wiki/Quadro (Turing: Quadro RTX and T series)',
  'rtx-spark': 'NVIDIA, RTX Spark (N1X): 12.1, unified memory of 64 or 128 GB',
  'data-center': 'https://www.nvidia.com/en-us/data-center/',
  jetson: 'https://developer.nvidia.com/embedded/jetson-modules',
  wikipedia: 'https://en.wikipedia.org/wiki/List_of_Nvidia_graphics_processing_units',
} as const;

export type SourceId = keyof typeof sources;

export type BoardLine = 'geforce' | 'workstation' | 'unified' | 'data-center' | 'jetson';

export interface BoardRow {
  name: string;
  computeCapability: string;
  memory: number[];
  line: BoardLine;
  sources: SourceId[];
}

/** Rows that say the same as another one, or that are sold under another name. By the name in the list. */
export const renamed: Readonly<Record<string, string>> = {
  'RTX 4090D': 'RTX 4090 D',
  'RTX 4070 Super': 'RTX 4070 SUPER',
  'RTX 4070 Ti Super': 'RTX 4070 Ti SUPER',
  'RTX PRO 6000 WS': 'RTX PRO 6000',
  'RTX PRO 4500 WS': 'RTX PRO 4500',
  'RTX Titan': 'TITAN RTX',
  L40s: 'L40S',
  'RTX 2060 12GB': 'RTX 2060',
  'Jetson AGX Orin 64GB': 'Jetson AGX Orin',
  'Jetson AGX Orin 32GB': 'Jetson AGX Orin',
  'Jetson Orin NX 16GB': 'Jetson Orin NX',
  'Jetson Orin NX 8GB': 'Jetson Orin NX',
  'Jetson Orin Nano 8GB': 'Jetson Orin Nano',
  'Jetson Orin Nano 4GB': 'Jetson Orin Nano',
  // The same GPU with less power; NVIDIA names both "Laptop GPU".
  'RTX A5000 Max-Q': 'RTX A5000 Laptop',
  'RTX A4000 Max-Q': 'RTX A4000 Laptop',
  'RTX A2000 Max-Q': 'RTX A2000 Laptop',
};

/** Facts that differ from the list's. By our name. */
export const corrected: Readonly<
  Record<string, Partial<BoardRow> & { why: string; sources: SourceId[] }>
> = {
  'RTX 2080 Ti': { memory: [11], why: '22 GB are a modification', sources: ['rtx20'] },
  'RTX 4090 D': { memory: [24], why: '48 GB are a modification', sources: ['wikipedia'] },
  'RTX A5000': {
    memory: [24],
    why: '8 and 12 GB are virtual GPUs or laptop parts',
    sources: ['workstation'],
  },
  B300: { computeCapability: '10.3', why: 'NVIDIA lists 10.3', sources: ['cuda'] },
};

/** Boards that the list does not have. */
const row = (
  line: BoardLine,
  computeCapability: string,
  from: SourceId[],
  boards: Record<string, number[]>,
): BoardRow[] =>
  Object.entries(boards).map(([name, memory]) => ({
    name,
    computeCapability,
    memory,
    line,
    sources: from,
  }));

export const added: readonly BoardRow[] = [
  ...row('geforce', '7.5', ['cuda', 'gtx16'], {
    'GTX 1660 Ti': [6],
    'GTX 1660 SUPER': [6],
    'GTX 1650 SUPER': [4],
    'GTX 1650': [4],
  }),
  ...row('geforce', '7.5', ['cuda', 'wikipedia'], {
    'GTX 1630': [4],
    'GTX 1660 Ti Laptop': [6],
    'GTX 1650 Ti Laptop': [4],
    MX450: [2],
    MX550: [2, 4],
  }),
  ...row('geforce', '7.5', ['cuda', 'rtx20'], {
    'RTX 2080 SUPER': [8],
    'RTX 2060 SUPER': [8],
  }),
  ...row('geforce', '7.5', ['cuda', 'wikipedia'], {
    'RTX 2080 SUPER Laptop': [8],
    'RTX 2080 Laptop': [8],
    'RTX 2070 Laptop': [8],
  }),
  ...row('geforce', '8.6', ['cuda', 'rtx30'], { 'RTX 3050': [6, 8] }),
  ...row('geforce', '8.6', ['cuda', 'laptops'], {
    'RTX 3080 Ti Laptop': [16],
    'RTX 3070 Laptop': [8],
    'RTX 3050 Ti Laptop': [4],
  }),
  ...row('geforce', '8.6', ['wikipedia'], { MX570: [2, 4] }),
  ...row('geforce', '12.0', ['cuda', 'wikipedia'], { 'RTX 5090 D v2': [24] }),

  ...row('workstation', '7.5', ['cuda', 'quadro'], {
    'Quadro RTX 8000': [48],
    'Quadro RTX 6000': [24],
    'Quadro RTX 5000': [16],
    'Quadro RTX 4000': [8],
    'Quadro RTX 6000 Laptop': [24],
    'Quadro RTX 5000 Laptop': [16],
    'Quadro RTX 4000 Laptop': [8],
    'Quadro RTX 3000 Laptop': [6],
    'Quadro T2000 Laptop': [4],
    'Quadro T1000 Laptop': [4],
    T1000: [4, 8],
    T600: [4],
    T400: [2, 4],
    'T1200 Laptop': [4],
    'T600 Laptop': [4],
    'T550 Laptop': [4],
    'T500 Laptop': [2, 4],
  }),
  ...row('workstation', '8.6', ['cuda', 'workstation'], {
    'RTX A5500': [24],
    'RTX A4500': [20],
    'RTX A1000': [8],
    'RTX A400': [4],
  }),
  ...row('workstation', '8.6', ['cuda', 'workstation-laptops'], {
    'RTX A5500 Laptop': [16],
    'RTX A4500 Laptop': [16],
    'RTX A1000 Laptop': [4, 6],
    'RTX A500 Laptop': [4],
  }),
  ...row('workstation', '8.9', ['cuda', 'workstation-laptops'], {
    'RTX 5000 Ada Laptop': [16],
    'RTX 4000 Ada Laptop': [12],
    'RTX 3000 Ada Laptop': [8],
    'RTX 2000 Ada Laptop': [8],
    'RTX 1000 Ada Laptop': [6],
    'RTX 500 Ada Laptop': [4],
  }),
  ...row('workstation', '12.0', ['cuda', 'workstation'], {
    'RTX PRO 6000 Server': [96],
  }),
  ...row('workstation', '12.0', ['cuda', 'workstation-laptops'], {
    'RTX PRO 5000 Laptop': [24],
    'RTX PRO 4000 Laptop': [16],
    'RTX PRO 3000 Laptop': [12],
    'RTX PRO 2000 Laptop': [8],
    'RTX PRO 1000 Laptop': [8],
    'RTX PRO 500 Laptop': [6],
  }),
  ...row('unified', '12.1', ['rtx-spark'], { 'RTX Spark N1X': [64, 128] }),
  // Named so that their answer is "never", not "unknown".
  ...row('geforce', '7.0', ['cuda', 'wikipedia'], { 'TITAN V': [12] }),
  ...row('geforce', '6.1', ['cuda-legacy', 'wikipedia'], { 'TITAN Xp': [12], 'GTX 1050': [2, 3] }),
  ...row('geforce', '5.2', ['cuda-legacy', 'wikipedia'], {
    'GTX 980 Ti': [6],
    'GTX 980': [4],
    'GTX 970': [4],
    'GTX 960': [2, 4],
  }),
  ...row('workstation', '7.0', ['cuda-legacy', 'wikipedia'], { 'Quadro GV100': [32] }),
  ...row('workstation', '6.1', ['cuda-legacy', 'wikipedia'], {
    'Quadro P5000': [16],
    'Quadro P4000': [8],
    'Quadro P2000': [5],
  }),
  ...row('data-center', '10.3', ['cuda'], { GB300: [288] }),
  ...row('data-center', '10.0', ['cuda'], { GB200: [192] }),
  ...row('data-center', '9.0', ['cuda'], { GH200: [96, 144] }),
  ...row('jetson', '11.0', ['cuda', 'jetson'], { 'Jetson T5000': [128], 'Jetson T4000': [64] }),
];
