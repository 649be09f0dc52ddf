/** What `--version` says below the version: what an issue report needs first. */
import { dependencies } from '../../package.json';
import { listShims } from '../host/runtimes/shims';
import { shimFolder } from './localRuntimes';

export function whatIsInside(): string[] {
  const shims = [...listShims(shimFolder()).keys()].reverse();
  return [
    shims.length === 0
      ? `No native part for ${process.platform} ${process.arch}: files are read, TensorRT-RTX is not asked.`
      : `Native part for TensorRT-RTX ${shims.join(', ')} on ${process.platform} ${process.arch}.`,
    `Node.js ${process.versions.node}, koffi ${dependencies.koffi}.`,
  ];
}
