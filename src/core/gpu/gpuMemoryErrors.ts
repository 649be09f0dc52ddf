/** NVML's return codes (nvml.h) in words: what happened and what to do next. One place for both. */

export interface GpuProblem {
  /** nvmlReturn_t; null: it is not one. */
  code: number | null;
  /** "NVML_ERROR_GPU_IS_LOST"; empty: it has none. */
  name: string;
  /** What happened, one sentence. */
  sentence: string;
  /** What to do, one sentence; empty: nothing. */
  nextStep: string;
  /** The system's own words, printable; empty: none. */
  detail: string;
  /** True: there simply is no GPU or no driver, which is nobody's fault and worth no message. */
  absent: boolean;
}

interface Words {
  name: string;
  sentence: string;
  nextStep: string;
  absent?: boolean;
}

const restart = 'Restart the computer; if it comes back, look in the system log for "Xid".';

/** By nvmlReturn_t; -1 is ours: the library is not there. */
const words: Readonly<Record<number, Words>> = {
  [-1]: {
    name: '',
    sentence: "NVIDIA's management library (NVML) was not found.",
    nextStep: 'On a machine with an NVIDIA GPU, install its driver.',
    absent: true,
  },
  1: {
    name: 'NVML_ERROR_UNINITIALIZED',
    sentence: "NVIDIA's management library was not started.",
    nextStep: 'It is started again with the next look.',
  },
  2: {
    name: 'NVML_ERROR_INVALID_ARGUMENT',
    sentence: 'The NVIDIA driver refused the question.',
    nextStep: 'Report it with the log and the driver version.',
  },
  3: {
    name: 'NVML_ERROR_NOT_SUPPORTED',
    sentence: 'This GPU does not report it.',
    nextStep: '',
  },
  4: {
    name: 'NVML_ERROR_NO_PERMISSION',
    sentence: 'This user may not ask the NVIDIA driver.',
    nextStep:
      'Ask an administrator for access to the device files /dev/nvidia*, or start the container with the GPU.',
  },
  6: {
    name: 'NVML_ERROR_NOT_FOUND',
    sentence: 'The NVIDIA driver does not know this GPU any more.',
    nextStep: 'Look again; a GPU or MIG instance may have been removed.',
  },
  7: {
    name: 'NVML_ERROR_INSUFFICIENT_SIZE',
    sentence: 'The NVIDIA driver had more to say than there was room for.',
    nextStep: 'Look again.',
  },
  8: {
    name: 'NVML_ERROR_INSUFFICIENT_POWER',
    sentence: 'A GPU has no external power.',
    nextStep: 'Connect its power cables.',
  },
  9: {
    name: 'NVML_ERROR_DRIVER_NOT_LOADED',
    sentence: 'The NVIDIA driver is installed but not loaded.',
    nextStep: 'On a machine with an NVIDIA GPU, restart it or load the driver (modprobe nvidia).',
    absent: true,
  },
  10: {
    name: 'NVML_ERROR_TIMEOUT',
    sentence: 'The NVIDIA driver did not answer in time.',
    nextStep: 'It is read again; if that does not help, restart the computer.',
  },
  11: {
    name: 'NVML_ERROR_IRQ_ISSUE',
    sentence: 'The NVIDIA driver has an interrupt problem with a GPU.',
    nextStep: restart,
  },
  12: {
    name: 'NVML_ERROR_LIBRARY_NOT_FOUND',
    sentence: "A library of the NVIDIA driver's was not found.",
    nextStep: 'Install the driver again.',
  },
  13: {
    name: 'NVML_ERROR_FUNCTION_NOT_FOUND',
    sentence: 'The NVIDIA driver is too old for this question.',
    nextStep: 'Update the driver.',
  },
  14: {
    name: 'NVML_ERROR_CORRUPTED_INFOROM',
    sentence: "The GPU's infoROM is damaged.",
    nextStep: 'The GPU may still work; ask its maker.',
  },
  15: {
    name: 'NVML_ERROR_GPU_IS_LOST',
    sentence: 'The GPU has fallen off the bus.',
    nextStep: restart,
  },
  16: {
    name: 'NVML_ERROR_RESET_REQUIRED',
    sentence: 'The GPU needs a reset before it can be used again.',
    nextStep: 'End the programs that use it and reset it (nvidia-smi --gpu-reset), or restart.',
  },
  17: {
    name: 'NVML_ERROR_OPERATING_SYSTEM',
    sentence: 'The operating system refused the NVIDIA driver.',
    nextStep: 'Check the device files /dev/nvidia* and control groups, then try again.',
  },
  18: {
    name: 'NVML_ERROR_LIB_RM_VERSION_MISMATCH',
    sentence: "The NVIDIA driver's library and its kernel module are of different versions.",
    nextStep: 'Restart the computer: the driver was updated while it was running.',
  },
  19: {
    name: 'NVML_ERROR_IN_USE',
    sentence: 'The GPU is in use and cannot answer.',
    nextStep: 'It is asked again.',
  },
  20: {
    name: 'NVML_ERROR_MEMORY',
    sentence: 'The NVIDIA driver has not enough memory.',
    nextStep: 'Close programs and try again.',
  },
  21: {
    name: 'NVML_ERROR_NO_DATA',
    sentence: 'The NVIDIA driver has no data yet.',
    nextStep: 'Look again.',
  },
  22: {
    name: 'NVML_ERROR_VGPU_ECC_NOT_SUPPORTED',
    sentence: 'This virtual GPU does not report it while ECC is on.',
    nextStep: '',
  },
  23: {
    name: 'NVML_ERROR_INSUFFICIENT_RESOURCES',
    sentence: 'The NVIDIA driver ran out of resources other than memory.',
    nextStep: restart,
  },
  24: {
    name: 'NVML_ERROR_FREQ_NOT_SUPPORTED',
    sentence: 'This GPU does not support that frequency.',
    nextStep: '',
  },
  25: {
    name: 'NVML_ERROR_ARGUMENT_VERSION_MISMATCH',
    sentence: 'The NVIDIA driver does not know this form of the question.',
    nextStep: 'Update the driver.',
  },
  26: {
    name: 'NVML_ERROR_DEPRECATED',
    sentence: 'The NVIDIA driver does not answer this question any more.',
    nextStep: 'Report it with the log and the driver version.',
  },
  27: {
    name: 'NVML_ERROR_NOT_READY',
    sentence: 'The NVIDIA driver is not ready.',
    nextStep: 'It is asked again.',
  },
  28: {
    name: 'NVML_ERROR_GPU_NOT_FOUND',
    sentence: 'The NVIDIA driver finds no GPU.',
    nextStep: 'Check that this machine, container or virtual machine is given one.',
    absent: true,
  },
  29: {
    name: 'NVML_ERROR_INVALID_STATE',
    sentence: 'The NVIDIA driver is in a state in which it cannot answer.',
    nextStep: 'It is read again; if that does not help, restart the computer.',
  },
  999: {
    name: 'NVML_ERROR_UNKNOWN',
    sentence: 'The NVIDIA driver failed without giving a reason.',
    nextStep: restart,
  },
};

export const nvmlNotSupported = 3;

export function nvmlProblem(code: number): GpuProblem {
  const known = words[code];
  return {
    code,
    name: known?.name ?? `nvmlReturn_t ${code}`,
    sentence: known?.sentence ?? `The NVIDIA driver answered with the unknown error ${code}.`,
    nextStep: known?.nextStep ?? 'Update this extension, or report the number.',
    detail: '',
    absent: known?.absent ?? false,
  };
}

/** "The GPU has fallen off the bus (NVML_ERROR_GPU_IS_LOST)." */
export function describeProblem(problem: GpuProblem): string {
  return problem.name === ''
    ? problem.sentence
    : `${problem.sentence.replace(/\.$/, '')} (${problem.name}).`;
}
