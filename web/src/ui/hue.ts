// The colour that stands for somebody or something. Neighbouring ids get distant hues (the golden angle), in degrees.
export const hueOf = (id: number): number => Math.round((id * 137.508) % 360);
