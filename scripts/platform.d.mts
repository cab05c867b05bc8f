export const requirePrebuilt: (platform: string, musl?: boolean) => void
