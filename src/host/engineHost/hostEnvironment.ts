/** The environment of processes that we start. */

/** The own one without what VS Code, Electron, Node and npm put there for themselves: CUDA's and the loader's stay. */
export function cleanEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(own).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|CHROME_|NODE_|npm_)/i.test(name),
  );
  return Object.fromEntries(kept);
}

/** For a child that runs JavaScript: Electron's binary is Node then, and reads no archives. */
export function hostEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...cleanEnvironment(own), ELECTRON_RUN_AS_NODE: '1', ELECTRON_NO_ASAR: '1' };
}
