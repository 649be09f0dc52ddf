/** One workspace in two windows. */
import { Workbench } from '../harness';
import { env, fill, otherVersion, rebuild } from './support/oldEngine';
import { useVSCode } from './support/useVSCode';

describe('one workspace in two windows', () => {
  const used = useVSCode('two-windows', (folder) => {
    fill(folder);
    return { env };
  });

  it('shows in each what was built in the other', async () => {
    const { vscode, workbench } = used;
    const page = await vscode.page.context().newPage();
    await page.goto(vscode.page.url());
    // What is opened before VS Code knows of us gets another editor (test/harness/vscode.ts).
    await page
      .locator('.activitybar .action-label[aria-label^="Engine Inspector"]')
      .first()
      .waitFor({ timeout: 90_000 });
    const other = new Workbench({ ...vscode, page });
    for (const one of [other, workbench]) {
      await one.page.bringToFront();
      await one.openFile('net.engine');
      await otherVersion(one).waitFor();
    }
    await rebuild(workbench);
    await workbench.notification('net.engine was built in').waitFor({ timeout: 90_000 });
    await otherVersion(workbench).waitFor({ state: 'detached' });
    await page.bringToFront();
    await other.webview().locator('#headline', { hasText: 'Nothing is wrong' }).waitFor();
    await other.picture('two-windows');
    await page.close();
  });
});
