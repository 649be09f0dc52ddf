/**
 * A process of its own that replaces engines as it is asked, for what only processes show: who gets a lock, what stays
 * after a kill, what another user may do. Started by Replacer.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { beginReplacement, type Replacement } from '../../src/host/build/replaceFile';

export type ReplacerAnswer =
  { ok: true; temporary: string } | { ok: false; message: string; nextStep: string };

interface Question {
  do: 'begin' | 'write' | 'commit' | 'abort';
  engine: string;
  contents: string;
  keepBackups: number;
}

export class Replacer {
  private constructor(private readonly child: ChildProcess) {}

  static async start(user?: { uid: number; gid: number }): Promise<Replacer> {
    const child = fork(__filename, ['replacer'], {
      cwd: path.resolve(__dirname, '../..'),
      execArgv: ['--import', 'tsx'],
      ...user,
    });
    await once(child, 'message');
    return new Replacer(child);
  }

  async ask(
    what: Question['do'],
    engine: string,
    contents = 'new',
    keepBackups = 1,
  ): Promise<ReplacerAnswer> {
    this.child.send({ do: what, engine, contents, keepBackups } satisfies Question);
    const [answer] = (await once(this.child, 'message')) as [ReplacerAnswer];
    return answer;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await gone;
  }
}

if (process.argv[2] === 'replacer' && process.send) {
  let current: Replacement | null = null;
  const act = async (question: Question): Promise<ReplacerAnswer> => {
    try {
      if (question.do === 'begin') {
        current = null;
        current = await beginReplacement(question.engine, { keepBackups: question.keepBackups });
      } else if (question.do === 'write') {
        fs.writeFileSync(current?.temporaryPath ?? '', question.contents, { flag: 'wx' });
      } else if (question.do === 'commit') {
        await current?.commit(() => '{}');
      } else {
        await current?.abort();
      }
      return { ok: true, temporary: current?.temporaryPath ?? '' };
    } catch (error) {
      const { message, nextStep } = error as { message: string; nextStep?: string };
      return { ok: false, message, nextStep: nextStep ?? '' };
    }
  };
  process.on('message', (question: Question) => {
    void act(question).then((answer) => process.send?.(answer));
  });
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
}
