/** check_engines and explain_engine: what TensorRT-RTX on this machine says, and what helps. */
import * as z from 'zod';
import type { EngineReport } from '../../core/report/engineReport';
import { reportJson } from '../../core/report/reportJson';
import { reportText } from '../../core/report/reportText';
import { Checker } from '../../host/check/checker';
import { outcomeOf } from '../printers';
import type { Folders } from './folders';
import { enginesIn, manyText, pathsSchema, limitSchema } from './engineFiles';
import type { ToolServices } from './server';
import { answer, type ToolAnswer } from './tool';

const readOnly = { readOnlyHint: true, openWorldHint: false } as const;

export function addCheckTools(services: ToolServices): void {
  services.server.registerTool(
    'check_engines',
    {
      title: 'Check TensorRT-RTX engines',
      description:
        'Says of each TensorRT-RTX engine file whether this machine can run it, why not, and what helps. It asks the ' +
        'TensorRT-RTX that is installed; engines are not loaded and nothing is changed. For other GPUs use predict_targets.',
      inputSchema: z.object({ paths: pathsSchema, limit: limitSchema }),
      annotations: readOnly,
    },
    ({ paths, limit }, context) =>
      answer('Checking the engines', services, context, (folders) =>
        checkEngines(services, folders, paths, limit, context.mcpReq.signal),
      ),
  );
  services.server.registerTool(
    'explain_engine',
    {
      title: 'Explain a TensorRT-RTX engine',
      description:
        'Everything that is known of one engine file: the verdict of this machine with reasons and remedies, which ' +
        'TensorRT-RTX version and GPUs it was built for, its size, whether its weights fit into GPU memory. The engine is ' +
        'not loaded and nothing is changed.',
      inputSchema: z.object({
        path: z.string().describe('The engine file (.engine, .trt, .plan), or an EPContext model'),
      }),
      annotations: readOnly,
    },
    ({ path }, context) =>
      answer('Looking at the engine', services, context, async (folders) => {
        const file = await folders.existing(path);
        const report = await checkerOf(services).file(file, context.mcpReq.signal, { deep: true });
        return { text: reportText(report), data: { ...reportJson(report) } };
      }),
  );
}

const checkerOf = ({ oracle, choose, runtimes }: ToolServices) =>
  new Checker({ oracle, choose: (version) => choose(version), knownRuntimes: runtimes });

async function checkEngines(
  services: ToolServices,
  folders: Folders,
  paths: readonly string[],
  limit: number,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const { files, problems } = await enginesIn(folders, paths);
  const checked = await checkerOf(services).files(
    files.map(({ path }) => path),
    signal,
  );
  const reports: EngineReport[] = [];
  const others: string[] = [];
  let at = 0;
  for (const file of checked.describedFiles()) {
    const { report, recipe } = await file;
    if (report.ofOthers && files[at]?.named !== true && !recipe) others.push(report.file);
    else reports.push(report);
    at++;
  }
  const loudness = ['error', 'warning', 'information', 'ok'] as const;
  // What is wrong first: an answer may have room for some only.
  reports.sort((a, b) => loudness.indexOf(a.severity) - loudness.indexOf(b.severity));
  const countOf = (outcome: ReturnType<typeof outcomeOf>) =>
    reports.filter((report) => outcomeOf(report) === outcome).length;
  const counts = {
    usable: countOf('usable'),
    notUsable: countOf('not'),
    couldNotBeChecked: countOf('unchecked'),
  };
  const shownReports = reports.slice(0, limit);
  return {
    text: [
      `${manyText(reports.length)}: ${counts.usable} usable on this machine, ${counts.notUsable} not usable, ${counts.couldNotBeChecked} could not be checked.`,
      ...shownReports.map(oneText),
      ...(reports.length > limit
        ? [`${reports.length - limit} more are not listed; raise limit, or name fewer paths.`]
        : []),
      ...(others.length > 0 ? [`Left out because they are not engines: ${others.length}.`] : []),
      ...problems,
    ].join('\n'),
    data: {
      ...counts,
      notListed: Math.max(0, reports.length - limit),
      files: shownReports.map((report) => {
        const { file, kind, verdict, severity, headline, reasons, remedies } = reportJson(report);
        return {
          ...{ file, kind, verdict, severity, headline },
          reasons: reasons.map(({ id, sentence }) => ({ id, sentence })),
          remedies: remedies.map(({ id, title, detail }) => ({ id, title, detail })),
        };
      }),
      problems,
    },
  };
}

function oneText({ file, headline, reasons, remedies }: EngineReport): string {
  const helps = remedies.filter(({ action }) => action.kind !== 'showLog').slice(0, 2);
  return [
    `${file}: ${headline}`,
    ...reasons.map(({ severity, sentence }) => `  ${severity}: ${sentence}`),
    ...helps.map(({ title, detail }) => `  helps: ${title.replace(/…$/, '')}. ${detail}`),
  ].join('\n');
}
