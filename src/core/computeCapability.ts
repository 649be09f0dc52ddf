/** "8.9": major and minor as NVIDIA writes them. */
export type ComputeCapability = `${number}.${number}`;
