/**
 * SARIF 2.1.0 as GitHub code scanning takes it. An engine is binary and has no lines: a finding stands at 1:1 of the recipe
 * beside it, where there is one, because only text can be shown in a pull request. What exceeds GitHub's limits (25,000
 * results, 10 MB compressed) is left out, and a notification says how much.
 */
import { cut } from '../text/plainText';
import type { FormatSurroundings, FormatWriter } from './formats';
import type { Finding, GateRecord } from './gateRecord';
import { rules } from './rules';

export const mostResults = 25_000;
/** Below GitHub's 10 MB: parts that are compressed apart take a little more than the whole. */
export const mostCompressedBytes = 9_500_000;
/** Of a rule's texts and of a message. */
const longestText = 1_000;
const partResults = 500;

const levels = { error: 'error', warning: 'warning', information: 'note' } as const;
const firstCharacter = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 };

export function sarif(around: FormatSurroundings): FormatWriter {
  const { version, targets } = around;
  let results = 0;
  let leftOut = 0;
  let compressed = 0;
  let full = false;
  let part: string[] = [];

  const flush = (): string => {
    if (part.length === 0) return '';
    const text = part.join('');
    const size = around.compressedSize(text);
    const count = part.length;
    part = [];
    if (compressed + size > mostCompressedBytes) {
      full = true;
      results -= count;
      leftOut += count;
      return '';
    }
    compressed += size;
    return text;
  };

  return {
    start: () => {
      const driver = {
        name: 'Engine Inspector for TensorRT-RTX',
        semanticVersion: version,
        rules: rules.map(({ id, title, help }) => ({
          id,
          name: id.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase()),
          shortDescription: { text: cut(title, longestText) },
          fullDescription: { text: cut(`${title} ${help}`, longestText) },
          help: {
            text: cut(help, longestText),
            markdown: cut(`${title}\n\n**Fix:** ${help}`, longestText),
          },
          defaultConfiguration: { level: id === 'suboptimal' ? 'warning' : 'error' },
          properties: { tags: ['tensorrt-rtx', 'compatibility'], precision: 'very-high' },
        })),
      };
      const run = {
        tool: { driver },
        automationDetails: { id: automationId(targets) },
        columnKind: 'utf16CodeUnits',
      };
      const head = JSON.stringify({
        $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
        version: '2.1.0',
        runs: [run],
      });
      // Left open: results follow.
      return `${head.slice(0, -3)},"results":[\n`;
    },
    file: (record, findings) => {
      for (const finding of findings) {
        if (full || results >= mostResults) {
          leftOut++;
          continue;
        }
        const text = JSON.stringify(result(record, finding, around));
        part.push(results === 0 ? text : `,\n${text}`);
        results++;
      }
      return part.length >= partResults ? flush() : '';
    },
    end: function* ({ sentence }) {
      yield flush();
      const cutSentence =
        leftOut === 0
          ? []
          : [
              {
                level: 'warning',
                message: {
                  text: `${leftOut} more findings were left out: code scanning takes at most ${mostResults} results and 10 MB. Use --shard, or narrow the paths.`,
                },
              },
            ];
      const invocation = {
        executionSuccessful: true,
        toolExecutionNotifications: [
          { level: 'note', message: { text: sentence } },
          ...cutSentence,
        ],
      };
      yield `\n],"invocations":[${JSON.stringify(invocation)}]}]}\n`;
    },
  };
}

function result(record: GateRecord, finding: Finding, around: FormatSurroundings): object {
  const { rule, severity, sentence, known, file } = finding;
  const at = record.recipe ?? file;
  const fingerprint = hash(`${rule}\n${around.pathOf(file) ?? file}`);
  const aside =
    record.recipe === null ? {} : { relatedLocations: [{ id: 1, ...location(file, around) }] };
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: levels[severity],
    message: { text: cut(`${file}: ${sentence}`, longestText) },
    locations: [location(at, around)],
    ...aside,
    partialFingerprints: {
      primaryLocationLineHash: `${fingerprint}:1`,
      'engineInspectorRuleAndPath/v1': fingerprint,
    },
    ...(known ? { suppressions: [{ kind: 'external', justification: 'In the baseline.' }] } : {}),
    ...(finding.targets.length > 0 ? { properties: { targets: finding.targets } } : {}),
  };
}

function location(
  file: string,
  { pathOf, urlOf }: FormatSurroundings,
): { physicalLocation: object } {
  const path = pathOf(file);
  const artifactLocation =
    path === null
      ? { uri: urlOf(file) }
      : { uri: path.split('/').map(uriPart).join('/'), uriBaseId: '%SRCROOT%' };
  return { physicalLocation: { artifactLocation, region: firstCharacter } };
}

/** JSON that is merged may hold halves of characters, of which no URI can be made. */
const uriPart = (name: string) =>
  encodeURIComponent(
    name.replace(
      /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '\ufffd',
    ),
  );

/** One category for each set of targets, so that two gates of one repository do not overwrite each other. */
function automationId(targets: FormatSurroundings['targets']): string {
  if (targets === null) return 'engine-inspector/this-machine/';
  const ids = targets.map(({ id }) => id).join('+');
  return `engine-inspector/${ids.length <= 100 ? ids : hash(ids)}/`;
}

/** 16 hex digits (FNV-1a, 64 bits): tells findings apart, protects against nothing. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  }
  return value.toString(16).padStart(16, '0');
}
