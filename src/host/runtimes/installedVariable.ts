/** Tells a command line that VS Code starts where "Install TensorRT-RTX…" installs into. */
export const installedVariable = 'ENGINE_INSPECTOR_RUNTIMES';
