/** One line on stderr that is rewritten; nothing where nobody watches: in CI, or into a pipe. */
import { plainText } from '../core/text/plainText';

export class ProgressLine {
  private readonly visible: boolean;
  private isShown = false;

  constructor() {
    const ci = process.env['CI'];
    this.visible =
      process.stderr.isTTY && (ci === undefined || ci === '' || ci === 'false' || ci === '0');
  }

  show(line: string): void {
    if (!this.visible) return;
    const width = Math.max(20, (process.stderr.columns || 80) - 1);
    process.stderr.write(`\r\x1b[K${plainText(line).slice(0, width)}`);
    this.isShown = true;
  }

  clear(): void {
    if (this.isShown) process.stderr.write('\r\x1b[K');
    this.isShown = false;
  }
}
