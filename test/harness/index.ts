/** The harness in one import; README.md tells how to use it. */
export { freePort, repositoryRoot, startCodeServer, type CodeServer } from './codeServer';
export {
  launchBrowser,
  packagedVsix,
  startVSCode,
  themes,
  type Theme,
  type VSCode,
  type VSCodeOptions,
} from './vscode';
export { Workbench, picturesFolder } from './workbench';
export { temporaryFolder, type TemporaryFolder } from './workspace';
