/** How a process is told which GPU to use. */

/** The two variables that decide; undefined: not set. */
export interface CudaEnvironment {
  CUDA_VISIBLE_DEVICES?: string | undefined;
  CUDA_DEVICE_ORDER?: string | undefined;
}

/**
 * What the process that asks TensorRT-RTX gets in its environment so that CUDA shows it the chosen GPU alone. Nothing
 * for automatic, for what is no UUID, and where the user's own CUDA_VISIBLE_DEVICES does not surely show that GPU.
 * visible: what that variable shows (visibleGpus), as far as it can be told.
 */
export function environmentFor(
  setting: string,
  own: CudaEnvironment,
  visible: readonly string[] | null,
): { CUDA_VISIBLE_DEVICES?: string } {
  if (!isGpuUuid(setting)) return {};
  const value = own.CUDA_VISIBLE_DEVICES;
  if (value === undefined) return { CUDA_VISIBLE_DEVICES: setting };
  const namesIt = value.split(',').some((entry) => {
    const name = entry.trim();
    return name.length > 4 && setting.startsWith(name);
  });
  const shows = namesIt || (visible?.includes(setting) ?? false);
  return shows ? { CUDA_VISIBLE_DEVICES: setting } : {};
}

/** "GPU-…" or "MIG-…", nothing else: it goes into an environment variable. */
export function isGpuUuid(text: string): boolean {
  return /^(GPU|MIG)-[0-9A-Za-z/-]{1,100}$/.test(text);
}
