

mod floors;
