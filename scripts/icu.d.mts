export const shrinkIcu: (bytes: Buffer) => { readonly from: number; readonly to: number }
