/** What a found TensorRT-RTX library is and where it was found, without the code that finds it. */

export type RuntimeSource =
  | 'setting'
  | 'workspace-choice'
  | 'TENSORRT_RTX_HOME'
  | 'installed'
  | 'workspace-python'
  | 'selected-python'
  | 'path-python'
  | 'library-path'
  | 'standard-folder';

export const runtimeSourceNames: Readonly<Record<RuntimeSource, string>> = {
  setting: 'setting',
  'workspace-choice': 'chosen for this workspace',
  TENSORRT_RTX_HOME: 'TENSORRT_RTX_HOME',
  installed: 'installed by Engine Inspector',
  'workspace-python': 'Python environment of the workspace',
  'selected-python': 'selected Python environment',
  'path-python': 'Python on PATH',
  'library-path': process.platform === 'win32' ? 'PATH' : 'LD_LIBRARY_PATH',
  'standard-folder': 'standard folder',
};

/** Of one that is untested. */
export const untestedSentence = 'Not tested with this version: only headers are checked with it.';

export interface FoundRuntime {
  /** As it was found; the path that is loaded and shown. */
  path: string;
  /** Without links: what makes two finds the same library. */
  realPath: string;
  source: RuntimeSource;
  /** "1.7.1.116"; of a Windows library "1.7" until it is loaded; empty: could not be told. */
  version: string;
  /** Why it cannot be used, a sentence; null: it looks usable. */
  problem: string | null;
  nextStep: string;
  /** Newer than this version of ours knows: headers are checked with it, nothing is built or loaded. */
  untested?: true;
}
