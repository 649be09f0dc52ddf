/** Where Engine Inspector has no native part: headers are read, and nobody is asked. */
import type { Oracle } from '../host/check/oracle';
import { noNativePart } from '../host/runtimes/shims';

export class NoOracle implements Oracle {
  constructor(private readonly shimFolder: string) {}

  load(): Promise<never> {
    return Promise.reject(noNativePart(this.shimFolder));
  }

  checkFiles(): Promise<never> {
    return this.load();
  }

  checkHeaders(): Promise<never> {
    return this.load();
  }

  gpus(): Promise<never> {
    return this.load();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
