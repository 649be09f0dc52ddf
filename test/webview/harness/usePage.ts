/**
 * What every page suite stands on: the harness's server and one Chromium, a fresh page for each test. After
 * each test the page must not have broken its Content Security Policy, nor complained.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from './browser';
import { readTheme, startHarness, themeNames, type Harness } from './server';

/** One server with its bundles and one Chromium for all page suites of a run; closed when the last suite has ended. */
let shared: Promise<{ harness: Harness; browser: Browser }> | undefined;
const start = async () => ({ harness: await startHarness(), browser: await launchBrowser() });
after(async () => {
  if (shared === undefined) return;
  const { harness, browser } = await shared;
  shared = undefined;
  await browser.close();
  await harness.close();
});

const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Inside a describe. take: gets each test's page. Returns the address of a case in a theme. */
export function usePage(take: (page: Page) => void): Harness['url'] {
  let harness: Harness;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  before(async () => {
    shared ??= start();
    ({ harness, browser } = await shared);
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1120, height: 800 } });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    take(page);
  });
  afterEach(async () => {
    const violations = await page.evaluate<string[]>('window.violations ?? []');
    await context.close();
    assert.deepEqual([...complaints, ...violations], []);
  });
  return (...of) => harness.url(...of);
}

/** What axe-core finds on the page as it is; rules: only these. */
export async function accessibilityProblems(
  page: Page,
  rules?: readonly string[],
): Promise<string[]> {
  await page.evaluate(axeSource);
  const options = rules === undefined ? {} : { runOnly: rules };
  const results = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return results.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.html} – ${node.failureSummary ?? ''}`),
  );
}

/**
 * The same in each theme, which is changed while the page is open, as VS Code does it: loading the page again for each
 * took most of the time. The themes differ in colours alone, so one of them is enough for all the other rules.
 */
export async function accessibilityProblemsInThemes(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const name of themeNames) {
    const theme = JSON.stringify(readTheme(name));
    await page.evaluate(
      `useTheme(${theme}); new Promise((done) => requestAnimationFrame(() => setTimeout(done)))`,
    );
    const rules = name === themeNames[0] ? undefined : ['color-contrast'];
    const problems = await accessibilityProblems(page, rules);
    found.push(...problems.map((problem) => `${name}: ${problem}`));
  }
  return found;
}
