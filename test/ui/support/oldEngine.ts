/** An engine of another version, and what a person does to rebuild it. */
import * as path from 'node:path';

import { librariesOf } from '../../../scripts/demoFolder';
import { writeSampleModel } from '../../../scripts/makeSampleModel';
import type { Workbench } from '../../harness';
import { writeEngine } from '../../support/engineFiles';
import { newest, older } from '../../support/releases';

export const env = { LD_LIBRARY_PATH: [newest, older].map(librariesOf).join(path.delimiter) };

/** An engine of another version, with the model that it is rebuilt from. */
export function fill(folder: string): void {
  writeEngine(path.join(folder, 'net.engine'), { version: older });
  writeSampleModel(path.join(folder, 'net.onnx'), { fixedShape: true });
}

export const otherVersion = (workbench: Workbench) =>
  workbench.webview().getByRole('heading', { name: 'another version' });

export async function rebuild(workbench: Workbench): Promise<void> {
  await workbench.webview().getByRole('button', { name: 'Rebuild for This Machine' }).click();
  await workbench.question('From which model was it built?');
  await workbench.page.keyboard.press('Enter');
  await workbench.question('Enter starts the build');
  await workbench.page.keyboard.press('Enter');
}
