/** Ends the process with the code that its work comes to, or with what went wrong and 2. */
import { asFailure } from '../core/wire/failure';
import { end, stderr } from './output';

export function endWith(work: Promise<number>): void {
  work.then(end, (error: unknown) => {
    const { message, nextStep, detail } = asFailure(error, 'engine-inspector');
    stderr().write(`${message}\n${nextStep === '' ? '' : `${nextStep}\n`}`);
    if (process.env['ENGINE_INSPECTOR_DEBUG'] !== undefined) stderr().write(`${detail}\n`);
    end(2);
  });
}
