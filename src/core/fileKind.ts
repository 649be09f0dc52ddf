/** What a file really is, told from its first bytes and its length. */
export const fileKinds = [
  'tensorrt-rtx',
  'tensorrt',
  'ultralytics',
  'torch-tr01',
  'onnx',
  'zip',
  'git-lfs-pointer',
  'html',
  'text',
  'zeros',
  'empty',
  'unreadable',
  'unknown',
] as const;
export type FileKind = (typeof fileKinds)[number];
