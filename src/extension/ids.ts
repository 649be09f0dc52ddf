/**
 * Every id that package.json contributes or refers to, once. ids.test.ts compares the two both ways, so a command that
 * is renamed in one place only fails there and not on a user's screen.
 */

export const extensionId = 'engine-inspector.engine-inspector-tensorrt-rtx';

/** Section of all settings and prefix of all ids. */
export const section = 'engineInspector';

export const commands = {
  fixProblem: 'engineInspector.fixProblem',
  fixAll: 'engineInspector.fixAll',
  trySample: 'engineInspector.trySample',
  checkEngine: 'engineInspector.checkEngine',
  checkAllEngines: 'engineInspector.checkAllEngines',
  chooseRuntime: 'engineInspector.chooseRuntime',
  installRuntime: 'engineInspector.installRuntime',
  copyReport: 'engineInspector.copyReport',
  showHeaderText: 'engineInspector.showHeaderText',
  computeSha256: 'engineInspector.computeSha256',
  showLog: 'engineInspector.showLog',
  restartHost: 'engineInspector.restartHost',
  useRuntime: 'engineInspector.useRuntime',
  copyRuntimePath: 'engineInspector.copyRuntimePath',
  refreshRuntimes: 'engineInspector.refreshRuntimes',
  openEngine: 'engineInspector.openEngine',
  copyPath: 'engineInspector.copyPath',
  revealInExplorer: 'engineInspector.revealInExplorer',
  groupEngines: 'engineInspector.groupEngines',
  sortEngines: 'engineInspector.sortEngines',
  filterEngines: 'engineInspector.filterEngines',
  clearFilter: 'engineInspector.clearFilter',
  showGpus: 'engineInspector.showGpus',
  chooseGpu: 'engineInspector.chooseGpu',
  rebuild: 'engineInspector.rebuild',
  rebuildFromRecipe: 'engineInspector.rebuildFromRecipe',
  buildModel: 'engineInspector.buildModel',
  copyBuildCommand: 'engineInspector.copyBuildCommand',
  tryOnOtherGpus: 'engineInspector.tryOnOtherGpus',
  inspectEngine: 'engineInspector.inspectEngine',
  runEngine: 'engineInspector.runEngine',
  compareEngines: 'engineInspector.compareEngines',
  importLayers: 'engineInspector.importLayers',
  cancelRun: 'engineInspector.cancelRun',
  chooseTargets: 'engineInspector.chooseTargets',
  saveThisMachine: 'engineInspector.saveThisMachine',
  editTargets: 'engineInspector.editTargets',
  showMatrix: 'engineInspector.showMatrix',
} as const;
export type CommandId = (typeof commands)[keyof typeof commands];

export const viewContainer = 'engineInspector';

export const views = {
  engines: 'engineInspector.engines',
  runtimes: 'engineInspector.runtimes',
} as const;

/** `engine` opens *.engine by default, `plan` offers itself for *.trt, *.plan and *.rtxplan; one provider serves both. */
export const viewTypes = {
  engine: 'engineInspector.engine',
  plan: 'engineInspector.plan',
} as const;

export const viewTypeOf = (engine: { readonly path: string }): string =>
  /\.engine$/i.test(engine.path) ? viewTypes.engine : viewTypes.plan;

/** The GPU view, a panel: named by its activation event only. */
export const gpuViewType = 'engineInspector.gpus';

/** Two engines side by side, a panel that lives as long as the window. */
export const compareViewType = 'engineInspector.compare';

/** Engines × targets, a panel that lives as long as the window. */
export const matrixViewType = 'engineInspector.matrix';

/** Names below `section`. */
export const settings = {
  runtimeChoice: 'runtimeChoice',
  runtimePath: 'runtimePath',
  checkWorkspace: 'checkWorkspace',
  explorerBadges: 'explorerBadges',
  problems: 'problems',
  problemsForTargets: 'problemsForTargets',
  checkTimeout: 'checkTimeout',
  keepBackups: 'keepBackups',
  gpu: 'gpu',
  gpuStatusBar: 'gpuMemory.statusBar',
  gpuInterval: 'gpuMemory.interval',
  gpuWarningPercent: 'gpuMemory.warningPercent',
  runTimeout: 'run.timeout',
  keptRuns: 'run.keep',
  terminalCommand: 'terminalCommand',
} as const;

/** Of the settings that are numbers: what package.json says, and what settings.ts holds a value to (ids.test.ts compares). */
export const settingBounds = {
  checkTimeout: { default: 30, minimum: 1, maximum: 600 },
  keepBackups: { default: 1, minimum: 0, maximum: 99 },
  runTimeout: { default: 120, minimum: 1, maximum: 3600 },
  keptRuns: { default: 20, minimum: 1, maximum: 100 },
  gpuWarningPercent: { default: 90, minimum: 0, maximum: 100 },
  gpuInterval: { default: 2, minimum: 0.5, maximum: 60 },
} as const satisfies Partial<
  Record<keyof typeof settings, { default: number; minimum: number; maximum: number }>
>;

/** Set with setContext on change, read by when-clauses. */
export const contextKeys = {
  /** Our view types, for `activeCustomEditorId in …`, which VS Code answers for each editor group. */
  editors: 'engineInspector.editors',
  /** Some checked engine has a remedy to offer. */
  hasProblems: 'engineInspector.hasProblems',
  /** Object whose keys are the paths of those engines, for `resourcePath in …`. */
  problemPaths: 'engineInspector.problemPaths',
  /** The workspace was searched for engines; until then a view that is empty says nothing. */
  enginesSearched: 'engineInspector.enginesSearched',
  /** What the walkthrough waits for: the workspace has engines, … */
  hasEngines: 'engineInspector.hasEngines',
  /** … TensorRT-RTX is there, … */
  runtimeFound: 'engineInspector.runtimeFound',
  /** … it answered about an engine, … */
  checked: 'engineInspector.checked',
  /** … an engine that had a problem has none, … */
  cured: 'engineInspector.cured',
  /** … targets are written down, … */
  targetsChosen: 'engineInspector.targetsChosen',
  /** … an engine or its model was loaded or run. */
  loaded: 'engineInspector.loaded',
  /** The Engines view shows some of the engines only. */
  enginesFiltered: 'engineInspector.enginesFiltered',
  /** The machine was searched for TensorRT-RTX. */
  runtimesSearched: 'engineInspector.runtimesSearched',
  /** An engine host was started in this session. */
  hostUsed: 'engineInspector.hostUsed',
  /** An engine is being inspected or run. */
  running: 'engineInspector.running',
} as const;

export const submenus = { file: 'engineInspector.file' } as const;

/** Language of the header's text: gives it settings of its own. */
export const headerLanguage = 'engine-header';

/** contextValue of tree items, matched by view/item/context. */
export const treeItems = {
  /** Engines of one reason, which is a problem. */
  groupFixable: 'group.fixable',
  group: 'group.other',
  /** An engine whose report offers remedies. */
  engineFixable: 'engine.fixable',
  engineFine: 'engine.fine',
  runtimeUsable: 'runtime.usable',
  runtimeInUse: 'runtime.inUse',
  runtimeBroken: 'runtime.broken',
} as const;

/** Scheme of the read-only text view of a header. */
export const headerTextScheme = 'trtengine';

/** Type of build tasks in tasks.json. */
export const taskType = 'engine-inspector';

/** Makes entries in Problems of what `engine-inspector build` prints when it fails. */
export const problemMatcher = '$engine-inspector';

/** The server for assistants. */
export const mcpServers = 'engineInspector.mcp';

export const walkthrough = 'gettingStarted';

/** File name extensions that are looked for; only the first is opened and checked without being asked. */
export const engineExtensions = ['.engine', '.trt', '.plan', '.rtxplan'] as const;

/** How ONNX Runtime's EPContext models end, which hold engines: the engine page offers itself for them. */
export const contextModelEnding = '_ctx.onnx';
